import LlamboWire

extension Cluster {
  // MARK: The journal

  /// Takes note of a token that a worker sent for a request.
  ///
  /// - Parameters:
  ///   - index: the token's place in the whole answer, from 0.
  ///   - token: the model's id of it.
  /// - Returns: whether it is the client's: false for a request that is over, for one that another
  ///   link serves by now, for a token that the client has, and for one that comes too early. The
  ///   last is the worker's fault: its link is closed at the next event, and all that it serves is
  ///   taken up anew.
  package mutating func acceptToken(
    of id: RequestID, from link: LinkID, index: Int, token: Int32, at now: Milliseconds
  ) -> Bool {
    guard let entry = requests.place(of: id), faults.isEmpty || !faults.contains(link) else {
      return false
    }
    switch requests[at: entry].take(token, at: index, from: link, now) {
    case .dropped: return false
    case .tooEarly(let place):
      nodes[place].isFaulty = true
      refresh(place)
      faults.append(link)
      return false
    case .taken(let place, let prefillTokens, let isFirst, let wait):
      if isFirst { metrics.firstToken.add(wait) } else { metrics.interToken.add(wait) }
      metrics.tokens.count()
      nodes[place].prefillTokens -= prefillTokens
      nodes[place].tokensServed += 1
      nodes[place].lastProgress = watched
      nodes[place].isProductive = true
      counters.tokens += 1
      return true
    }
  }

  /// What the worker is told that takes a request up: the seed, and the journal.
  ///
  /// It changes nothing. As a mutating function it uses the cluster where its owner keeps it; of one
  /// that only reads, the compiler makes a copy first, which costs more than all that is read.
  package mutating func attempt(at id: RequestID) -> (seed: UInt32?, journal: [Int32]) {
    guard let entry = requests.place(of: id) else { return (nil, []) }
    return (requests[at: entry].seed, requests[at: entry].journal)
  }

  /// The token ids that a request's client has seen, for the worker that takes it up.
  package func journal(of id: RequestID) -> [Int32] { requests[id]?.journal ?? [] }

  /// The seed of a request whose client named none: the same for every attempt.
  package func seed(of id: RequestID) -> UInt32? { requests[id]?.seed }

  /// A seed for a fusion whose client named none.
  package mutating func newSeed() -> UInt32 { UInt32(truncatingIfNeeded: seeds.next()) }

  /// Closes the links of workers that left out tokens; the worker dials again with a clean slate.
  mutating func closeFaulty(at now: Milliseconds, _ directives: inout [Directive]) {
    for link in faults { linkClosed(link, at: now, &directives) }
    faults = []
  }

  // MARK: Lost nodes

  /// The node under a request is gone.
  mutating func lose(
    _ id: RequestID, of node: String, because reason: String, at now: Milliseconds,
    _ directives: inout [Directive]
  ) {
    guard let request = requests[id] else { return }
    let error = WireError(
      .nodeLost, "\(node) was lost after \(request.journal.count) tokens of this answer: \(reason)")
    // A stream that has begun goes on, whatever befalls node after node: neither its own tries nor the
    // budget, which keeps new work from being repeated without end, pay for attempts lost with them.
    let losses = request.isInPrefill ? request.losses + 1 : 0
    guard settings.maxRetries > 0, !request.journal.isEmpty, losses <= settings.lossesLimit,
      !request.isCancelled, request.moves < settings.movesLimit, !isShuttingDown
    else { return retry(id, orFailWith: error, at: now, &directives) }
    detach(id)
    requests[id]!.losses = losses
    if losses == 0 { requests[id]!.failures = 1 }
    takeBack(id)
  }

  /// Lets another node take up a request, as often as allowed. An attempt that brought its client
  /// further clears the ones before it: a long answer may outlive many nodes, as long as it grows.
  mutating func retry(
    _ id: RequestID, orFailWith error: WireError, at now: Milliseconds,
    _ directives: inout [Directive]
  ) {
    guard let request = requests[id] else { return }
    detach(id)
    if request.isCancelled { return endCancelled(id, &directives) }
    let failures = request.isInPrefill ? request.failures + 1 : 1
    guard failures <= settings.maxRetries, request.moves < settings.movesLimit, !isShuttingDown
    else { return end(id, with: error, &directives) }
    requests[id]!.failures = failures
    // An attempt that brought its client further was not in vain, and repeating it costs nothing.
    if !request.isInPrefill || retryBudget.withdraw() {
      takeBack(id)
    } else {
      requests[id]!.isPaced = true
      paced.append(id)
      pacedCount += 1
    }
  }

  /// Tries again what had to wait for the budget.
  mutating func paceRetries(at now: Milliseconds, _ directives: inout [Directive]) {
    retryBudget.look(at: now)
    guard !paced.isEmpty else { return }
    while let id = paced.first {
      if requests[id]?.isPaced == true {
        guard retryBudget.withdraw() else { break }
        requests[id]!.isPaced = false
        pacedCount -= 1
        takeBack(id)
      }
      _ = paced.popFirst()
    }
    dispatch(&directives)
  }

  /// Puts a request before all that have never run.
  mutating func takeBack(_ id: RequestID) {
    requests[id]!.moves += 1
    requests[id]!.hasReturned = true
    counters.retried += 1
    if !requests[id]!.journal.isEmpty { counters.failovers += 1 }
    waiting.takeBack(id, on: requests[id]!.types)
  }
}
