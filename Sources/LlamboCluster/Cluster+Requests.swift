import LlamboWire

extension Cluster {
  mutating func submit(
    _ id: RequestID, _ submission: Submission, at now: Milliseconds,
    _ directives: inout [Directive]
  ) {
    precondition(requests.place(of: id) == nil, "a request number is used once")
    let types: TypeMask
    do throws(WireError) {
      types = try self.types(for: submission)
      try admit(submission.client, on: types, at: now, &directives)
    } catch {
      counters.refused += 1
      counters.failed += 1
      metrics.failed(error.code)
      directives.append(.fail(id, error))
      return
    }
    counters.accepted += 1
    retryBudget.requestCame()
    requests.insert(
      Request(
        client: submission.client, prompt: submission.prompt, fusion: submission.fusion,
        types: types, seed: UInt32(truncatingIfNeeded: seeds.next()), accepted: now,
        deadline: now + settings.requestTimeout), for: id)
    deadlines[deadlines.count - 1].append(id)
    waiting.append(id, of: submission.client, on: types)
    dispatch(&directives)
    if state(of: id) == .queued { wake(at: now, &directives) }
  }

  /// The worker has written the last line of a request.
  mutating func finish(
    _ id: RequestID, on link: LinkID, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    guard let place = placeByLink[link], !nodes[place].isFaulty, release(id, at: place) else {
      return
    }
    nodes[place].isProductive = true
    if let entry = requests.place(of: id), requests[at: entry].state == .running(link) {
      metrics.latency.add(now - requests[at: entry].accepted)
      detach(id)
      requests.removeValue(for: id)
      completions.count()
      counters.finished += 1
      nodes[place].requestsServed += 1
      served[nodes[place].group].requests += 1
    }
    dispatch(&directives)
  }

  /// The worker has answered with an error: one that says "not here" sends the request elsewhere,
  /// any other is the client's.
  mutating func fail(
    _ id: RequestID, on link: LinkID, _ error: WireError, at now: Milliseconds,
    _ directives: inout [Directive]
  ) {
    guard let place = placeByLink[link], !nodes[place].isFaulty, release(id, at: place) else {
      return
    }
    if error.code == .draining, nodes[place].state == .healthy {
      // It ends by itself, and has a next life.
      nodes[place].isReplacedAfterDrain = true
      setState(place, .draining(until: now + settings.requestTimeout))
    }
    if state(of: id) == .running(link) {
      if Self.notHere.contains(error.code) {
        retry(id, orFailWith: error, at: now, &directives)
      } else {
        detach(id)
        end(id, with: error, &directives)
      }
    }
    dispatch(&directives)
  }

  /// What a worker says that another one might not.
  private static let notHere: Set<WireError.Code> = [
    .draining, .queueFull, .duplicateID, WireError.Code("decode_failed"),
    WireError.Code("context_failed"), WireError.Code("engine_stopped"),
  ]

  mutating func cancel(_ id: RequestID, _ directives: inout [Directive]) {
    guard let request = requests[id] else { return }
    switch request.state {
    case .queued:
      leaveQueue(id, request)
      endCancelled(id, &directives)
    case .running(let link):
      // The worker ends it with a DONE of its own, and with it comes the slot.
      requests[id]!.isCancelled = true
      directives.append(.cancel(id, link))
    }
  }

  /// Ends those whose time is over.
  mutating func expireRequests(at now: Milliseconds, _ directives: inout [Directive]) {
    for list in deadlines.indices { expireRequests(in: list, at: now, &directives) }
    if deadlines.count > 1 {
      let last = deadlines.removeLast()
      deadlines.removeAll { $0.first == nil }
      deadlines.append(last)
    }
  }

  private mutating func expireRequests(
    in list: Int, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    while let id = deadlines[list].first {
      if let request = requests[id], request.deadline > now { break }
      _ = deadlines[list].popFirst()
      guard let request = requests[id] else { continue }
      let error = WireError(
        .timeout, "no whole answer within \(request.timeout) ms, the cluster's timeout")
      if request.state == .queued {
        leaveQueue(id, request)
      } else {
        giveUp(id, &directives)
      }
      end(id, with: error, &directives)
    }
  }

  /// Takes a running request from its node, which holds the slot until it has let go.
  mutating func giveUp(_ id: RequestID, _ directives: inout [Directive]) {
    guard let link = state(of: id)?.link else { return }
    detach(id)
    directives.append(.cancel(id, link))
  }

  /// Ends what a request's node counts of it.
  mutating func detach(_ id: RequestID) {
    guard let entry = requests.place(of: id), requests[at: entry].state != .queued else { return }
    if requests[at: entry].isInPrefill {
      nodes[requests[at: entry].place].prefillTokens -= requests[at: entry].prefillTokens
    }
    requests[at: entry].state = .queued
  }

  /// What a request does, without a copy of all that is known of it.
  func state(of id: RequestID) -> Request.State? {
    requests.place(of: id).map { requests[at: $0].state }
  }

  /// Takes a request out of where it waits.
  mutating func leaveQueue(_ id: RequestID, _ request: Request) {
    if request.isHeld { return }
    if request.isPaced {
      pacedCount -= 1
      return
    }
    waiting.remove(
      id, of: request.client, on: request.types, hasReturned: request.hasReturned)
  }

  /// Answers the client with an error and forgets the request.
  mutating func end(_ id: RequestID, with error: WireError, _ directives: inout [Directive]) {
    requests[id] = nil
    completions.count()
    counters.failed += 1
    metrics.failed(error.code)
    directives.append(.fail(id, error))
  }

  mutating func endCancelled(_ id: RequestID, _ directives: inout [Directive]) {
    requests[id] = nil
    completions.count()
    counters.cancelled += 1
    directives.append(.endCancelled(id))
  }
}
