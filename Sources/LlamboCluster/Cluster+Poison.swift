import LlamboWire

/// Requests that crash nodes. One that is there when two nodes crash, and got no further in
/// between, is refused, for a third node would die of it. One that got further was there by chance,
/// and so were all that ran on a node which somebody killed: `max_retries` bounds those.
extension Cluster {
  /// Whether the next crash would be one too many.
  func isSuspect(_ id: RequestID) -> Bool {
    guard let request = requests[id] else { return false }
    return request.crashes == settings.poisonCrashes - 1
      && request.journalAtCrash == request.journal.count
  }

  /// Keeps a suspect waiting until it is known whether the node whose link broke has crashed: its
  /// process ends, it dials again, or its time to do so is over.
  mutating func hold(_ id: RequestID, for place: Int) {
    detach(id)
    requests[id]!.isHeld = true
    nodes[place].held.append(id)
  }

  /// A node's fate is known: what was held for it goes on.
  mutating func letGo(
    _ place: Int, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    let held = nodes[place].held
    nodes[place].held = []
    nodes[place].suspects = []
    for id in held.reversed() where requests[id]?.isHeld == true {
      requests[id]!.isHeld = false
      lose(id, of: nodes[place].id, because: "its link broke", at: now, &directives)
    }
  }

  /// A node crashed: what it serves, or served when its link broke, may be the cause.
  mutating func blameAll(on place: Int, _ directives: inout [Directive]) {
    let node = nodes[place]
    if let link = node.link {
      for id in node.running.members.sorted(by: { $0.number < $1.number })
      where state(of: id) == .running(link) {
        blame(id, tokens: requests[id]!.journal.count, deadLink: link, &directives)
      }
    }
    for (id, tokens) in node.suspects { blame(id, tokens: tokens, deadLink: nil, &directives) }
  }

  private mutating func blame(
    _ id: RequestID, tokens: Int, deadLink: LinkID?, _ directives: inout [Directive]
  ) {
    guard var request = requests[id] else { return }
    request.crashes = tokens > request.journalAtCrash ? 1 : request.crashes + 1
    request.journalAtCrash = tokens
    requests[id] = request
    guard request.crashes >= settings.poisonCrashes else { return }
    if request.state == .queued {
      leaveQueue(id, request)
    } else if request.state.link == deadLink {
      detach(id)
    } else {
      giveUp(id, &directives)
    }
    end(
      id,
      with: WireError(
        .poisonRequest,
        "\(request.crashes) nodes crashed at this request, one after the other: it is not tried "
          + "again"), &directives)
  }
}
