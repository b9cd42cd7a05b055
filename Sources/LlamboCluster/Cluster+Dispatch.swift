import LlamboWire

extension Cluster {
  /// Gives free slots to those who wait.
  mutating func dispatch(_ directives: inout [Directive]) {
    guard waiting.count > 0, !free.isEmpty else { return }
    // Where the strategy wants none of the free nodes for the first in line, the line waits.
    var blocked: [TypeMask] = []
    while let id = waiting.popFirst(
      where: free.available, isBlocked: { !blocked.isEmpty && blocked.contains($0) })
    {
      guard let entry = requests.place(of: id) else { continue }
      guard let place = pick(for: entry) else {
        let types = requests[at: entry].types
        requests[at: entry].hasReturned = true
        waiting.takeBack(id, on: types)
        blocked.append(types)
        continue
      }
      claim(place, for: id, entry)
      directives.append(.send(id, nodes[place].link!))
    }
  }

  /// - Parameter entry: the request's place among all.
  private mutating func pick(for entry: Int) -> Int? {
    let place = strategy.pick(
      for: requests[at: entry].prompt, among: requests[at: entry].types, of: free, using: &random)
    guard let place, let fusion = requests[at: entry].fusion else { return place }
    return serves(fusion, place) ? pickApart(requests[at: entry], from: place) : place
  }

  /// Whether a node serves a member of a fusion.
  private func serves(_ fusion: FusionID, _ place: Int) -> Bool {
    nodes[place].running.members.contains { requests[$0]?.fusion == fusion }
  }

  /// Chooses again, with the nodes hidden that serve other members; where there is no other node,
  /// members share the first choice.
  private mutating func pickApart(_ request: Request, from first: Int) -> Int? {
    var hidden = [first]
    var chosen: Int?
    while chosen == nil, hidden.count < settings.fusionLimit {
      let place = hidden[hidden.count - 1]
      free.update(
        place, group: nodes[place].group, running: nodes[place].running.count, slots: 0)
      guard
        let next = strategy.pick(
          for: request.prompt, among: request.types, of: free, using: &random)
      else { break }
      if serves(request.fusion!, next) { hidden.append(next) } else { chosen = next }
    }
    for place in hidden { refresh(place) }
    return chosen ?? first
  }

  private mutating func claim(
    _ place: Int, for id: RequestID, _ entry: Int
  ) {
    let link = nodes[place].link!
    if requests[at: entry].moves == 0 {
      metrics.queueTime.add(now - requests[at: entry].accepted)
    }
    requests[at: entry].state = .running(link)
    requests[at: entry].place = place
    requests[at: entry].journalWhenSent = requests[at: entry].journal.count
    if nodes[place].running.isEmpty { nodes[place].lastProgress = watched }
    nodes[place].prefillTokens += requests[at: entry].prefillTokens
    nodes[place].running.insert(id)
    nodes[place].picks += 1
    served[nodes[place].group].picks += 1
    running += 1
    refresh(place)
    strategy.sent(requests[at: entry].prompt, to: place)
  }

  /// The node's part of a request is over, whoever serves the request by now.
  ///
  /// - Returns: whether it held a slot there.
  @discardableResult
  mutating func release(_ id: RequestID, at place: Int) -> Bool {
    guard nodes[place].running.remove(id) else { return false }
    running -= 1
    nodes[place].lastProgress = watched
    refresh(place)
    return true
  }

  /// Tells the index of free slots what a node does by now.
  mutating func refresh(_ place: Int) {
    free.update(
      place, group: nodes[place].group, running: nodes[place].running.count,
      slots: nodes[place].slots)
  }
}
