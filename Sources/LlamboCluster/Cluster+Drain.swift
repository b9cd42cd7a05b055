import LlamboWire

extension Cluster {
  /// Gives a node nothing new, and lets what it runs finish within the grace.
  ///
  /// - Parameter replace: whether a new process is to take its place.
  mutating func drain(
    _ id: String, grace: Milliseconds, replace: Bool, at now: Milliseconds,
    _ directives: inout [Directive]
  ) {
    if !replace { withdrawReplacement(of: id, at: now, &directives) }
    guard let place = placeByID[id] else { return }
    if nodes[place].isStopping {
      // It may no longer be wanted back; who was told to leave for good does so.
      if !replace { nodes[place].isReplacedAfterDrain = false }
      return
    }
    nodes[place].isReplacedAfterDrain = replace
    let node = nodes[place]
    switch node.state {
    case .waiting:
      // What waits for its process needs no drain; its replacement would wait as well.
      if !replace { remove(place) }
    case .starting, .unlinked:
      // No link to say it on; a launch under way is killed when its process is known.
      if let pid = node.pid { directives.append(.kill(node: node.id, pid: pid)) }
      setState(place, .stopping(until: now + settings.stopTimeout))
    case .healthy, .ejected:
      setState(place, .draining(until: now + grace))
      // Its own grace is longer: what it still runs at the end of ours moves before it gives up.
      if let link = node.link {
        directives.append(
          isShuttingDown
            ? .stopNode(link, grace: grace)
            : .stopNode(link, grace: grace + settings.stopTimeout, move: grace))
      }
    case .draining, .stopping: break
    }
    directives.append(.persist)
  }

  /// The grace of a node is over: what it serves moves to other nodes, and it is to end.
  mutating func endDrain(
    _ place: Int, stopBy end: Milliseconds, _ directives: inout [Directive]
  ) {
    setState(place, .stopping(until: end))
    // In a shutdown there is nowhere to move to: the worker ends what runs.
    guard !isShuttingDown, let link = nodes[place].link else { return }
    let served = nodes[place].running.members.filter { state(of: $0) == .running(link) }
    for id in served.sorted(by: { $0.number > $1.number }) {
      if requests[id]!.isCancelled { continue }
      giveUp(id, &directives)
      takeBack(id)
    }
    dispatch(&directives)
  }

  mutating func beginShutdown(
    grace: Milliseconds, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    guard !isShuttingDown else { return }
    isShuttingDown = true
    while let id = paced.popFirst() {
      guard requests[id]?.isPaced == true else { continue }
      pacedCount -= 1
      end(id, with: WireError(.draining, "the cluster is shutting down"), &directives)
    }
    while let id = waiting.popFirst() {
      end(id, with: WireError(.draining, "the cluster is shutting down"), &directives)
    }
    for place in nodes.indices.reversed() {
      drain(nodes[place].id, grace: grace, replace: false, at: now, &directives)
    }
    directives.append(.persist)
  }
}
