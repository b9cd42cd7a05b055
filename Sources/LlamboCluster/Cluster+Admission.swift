import LlamboWire

extension Cluster {
  /// The node types that a request may run on.
  ///
  /// - Throws: `unknown_type`.
  func types(for submission: Submission) throws(WireError) -> TypeMask {
    guard let type = submission.type else {
      // Where none of the types that suit can have a node, any node is better than none.
      let wanted = strategy.types(for: submission.prompt)
      let suits = (0...TypeMask.otherIndex).contains {
        wanted.contains($0) && (size(of: $0) > 0 || canScale($0))
      }
      return suits ? wanted : .all
    }
    guard let group = groupByType[type] else { throw unknownType(type) }
    return TypeMask(only: group)
  }

  /// Makes room for a request in the queue, at the cost of whoever takes up most of it.
  ///
  /// - Throws: why nothing is accepted now.
  mutating func admit(
    _ client: ClientID, on types: TypeMask, at now: Milliseconds,
    _ directives: inout [Directive]
  ) throws(WireError) {
    if isShuttingDown { throw WireError(.draining, "the cluster is shutting down") }
    let exists = (0...TypeMask.otherIndex).contains {
      types.contains($0) && (states[$0].contains { $0 > 0 } || canScale($0))
    }
    if !exists {
      throw WireError(
        .noNodes,
        "the cluster has no nodes for this: start some with llamboctl spawn --count 1 --type TYPE")
    }
    // With nobody waiting there may be a free slot, which is enough where nobody may wait.
    let isFree = !types.intersection(free.available).isEmpty
    if queued == 0, isFree { return }
    let load = waiting.load(of: client)
    if let wait = expectedWait(behind: load),
      Double(wait) > Double(settings.requestTimeout) * settings.waitShare
    {
      throw overloaded("it would wait \(wait) ms of the \(settings.requestTimeout) that it has")
    }
    guard queued >= settings.queueLimit else { return }
    // The queue is the clients' in equal parts; who has less than that pushes out who has more.
    let clients = load.clients + (load.own == 0 ? 1 : 0)
    if clients > 1, load.own + 1 <= settings.queueLimit / clients,
      let last = waiting.popLastOfLongest()
    {
      return end(last, with: overloaded("others wait as well, and have fewer here"), &directives)
    }
    throw overloaded("\(queued) requests wait for a slot, the most that may")
  }

  /// Only while all slots are taken does the pace tell how fast the cluster can be.
  mutating func watchPace(at now: Milliseconds) {
    if waiting.count > 0, count(of: .healthy) > 0 {
      completions.look(at: now)
    } else {
      completions.skip(to: now)
    }
  }

  /// Milliseconds that a client's next request would wait, with its own before it and the others'
  /// taking turns; nil while nothing is known of the pace.
  private func expectedWait(behind load: (clients: Int, own: Int)) -> Milliseconds? {
    guard let pace = completions.perSecond, pace > 0 else { return nil }
    let clients = load.clients + (load.own == 0 ? 1 : 0)
    let ahead = min(queued, (load.own + 1) * clients)
    return Milliseconds(Double(ahead) / pace * 1000)
  }

  /// `queue_full`, with the time after which trying again makes sense.
  func overloaded(_ reason: String) -> WireError {
    let after = retryAfter
    return WireError(.queueFull, "\(reason): try again in \(after) ms", retryAfter: Int(after))
  }

  /// Milliseconds in which half of those who wait will be gone at the pace of late, in bounds.
  var retryAfter: Milliseconds {
    guard let pace = completions.perSecond, pace > 0 else { return settings.retryAfterLeast }
    let half = Milliseconds(Double(queued) / 2 / pace * 1000)
    return min(max(half, settings.retryAfterLeast), settings.requestTimeout)
  }
}
