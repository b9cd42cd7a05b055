import LlamboWire

extension Cluster {
  mutating func submit(
    _ id: RequestID, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    precondition(requests[id] == nil, "a request number is used once")
    if let refusal = refusal() {
      counters.failed += 1
      directives.append(.fail(id, refusal))
      return
    }
    counters.accepted += 1
    requests[id] = Request(deadline: now + settings.requestTimeout)
    deadlines.append(id)
    queue.append(id)
    dispatch(&directives)
  }

  /// Why nothing is accepted now; nil when a request may come in.
  private func refusal() -> WireError? {
    if isShuttingDown { return WireError(.draining, "the cluster is shutting down") }
    if nodes.isEmpty {
      return WireError(
        .noNodes, "the cluster has no nodes: start some with llamboctl spawn --count 1 --type TYPE")
    }
    if queue.count >= settings.queueLimit {
      return WireError(
        .queueFull, "\(queue.count) requests wait for a slot, the most that may: try again later")
    }
    return nil
  }

  /// Gives free slots to those who wait.
  mutating func dispatch(_ directives: inout [Directive]) {
    while let id = queue.first,
      let place = picker.pick(settings.strategy, among: nodes, using: &random),
      let link = nodes[place].link
    {
      _ = queue.popFirst()
      nodes[place].running.insert(id)
      requests[id]!.state = .running(link)
      directives.append(.send(id, link))
    }
  }

  /// The worker has written the last line of a request.
  mutating func finish(_ id: RequestID, on link: LinkID, _ directives: inout [Directive]) {
    guard let request = requests[id], request.state.link == link else { return }
    release(id, of: link)
    requests[id] = nil
    if case .running = request.state {
      counters.finished += 1
      if let place = placeByLink[link] { nodes[place].requestsServed += 1 }
    }
    dispatch(&directives)
  }

  /// The worker has answered with an error: one that says "not here" sends an untouched request
  /// elsewhere, any other is the client's.
  mutating func fail(
    _ id: RequestID, on link: LinkID, _ error: WireError, _ directives: inout [Directive]
  ) {
    guard let request = requests[id], request.state.link == link else { return }
    release(id, of: link)
    if case .leaving = request.state {
      requests[id] = nil
    } else if error.code == .draining || error.code == .queueFull {
      if error.code == .draining, let place = placeByLink[link] { nodes[place].isDraining = true }
      retry(id, orFailWith: error, &directives)
    } else {
      end(id, with: error, &directives)
    }
    dispatch(&directives)
  }

  /// The node under a request is gone.
  mutating func lose(
    _ id: RequestID, of node: String, because reason: String, _ directives: inout [Directive]
  ) {
    guard let request = requests[id] else { return }
    if case .leaving = request.state {
      requests[id] = nil
      return
    }
    let error = WireError(
      .nodeLost, "\(node) was lost after \(request.tokens) tokens of this answer: \(reason)")
    retry(id, orFailWith: error, &directives)
  }

  /// Sends a request anew whose client has seen nothing of its answer, as often as allowed.
  private mutating func retry(
    _ id: RequestID, orFailWith error: WireError, _ directives: inout [Directive]
  ) {
    guard var request = requests[id] else { return }
    request.failures += 1
    guard request.tokens == 0, request.failures <= settings.maxRetries, !isShuttingDown else {
      return end(id, with: error, &directives)
    }
    request.state = .queued
    requests[id] = request
    queue.prepend(id)
    counters.retried += 1
  }

  mutating func cancel(_ id: RequestID, _ directives: inout [Directive]) {
    guard let request = requests[id] else { return }
    switch request.state {
    case .queued:
      queue.remove(id)
      requests[id] = nil
      counters.cancelled += 1
      directives.append(.endCancelled(id))
    case .running(let link):
      // The worker ends it with a DONE of its own, and with it comes the slot.
      directives.append(.cancel(id, link))
    case .leaving: break
    }
  }

  /// Ends those whose time is over.
  mutating func expireRequests(at now: Milliseconds, _ directives: inout [Directive]) {
    while let id = deadlines.first {
      if let request = requests[id], request.deadline > now { break }
      _ = deadlines.popFirst()
      guard let request = requests[id] else { continue }
      let error = WireError(
        .timeout, "no whole answer within \(settings.requestTimeout) ms, the cluster's timeout")
      switch request.state {
      case .queued:
        queue.remove(id)
        end(id, with: error, &directives)
      case .running(let link):
        requests[id]!.state = .leaving(link)
        counters.failed += 1
        directives.append(.cancel(id, link))
        directives.append(.fail(id, error))
      case .leaving: break
      }
    }
  }

  /// Answers the client with an error and forgets the request.
  mutating func end(_ id: RequestID, with error: WireError, _ directives: inout [Directive]) {
    requests[id] = nil
    counters.failed += 1
    directives.append(.fail(id, error))
  }

  private mutating func release(_ id: RequestID, of link: LinkID) {
    if let place = placeByLink[link] { nodes[place].running.remove(id) }
  }
}
