import LlamboWire

/// Members of one fusion have this in common, so that the cluster keeps them apart.
package struct FusionID: Hashable, Sendable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// One answer out of several nodes': it is told what each member sends, and answers with what the
/// client is sent and which members are not needed any more. `FusionMode` says by which rules.
///
/// Members are requests of the cluster like any others, numbered from 0 here. What a member sends
/// after it has ended, or after the fusion has, changes nothing.
package struct Fusion: Sendable {
  /// What is to be done, in this order.
  package enum Action: Equatable, Sendable {
    /// The client's next token.
    case show(TokenLine)
    /// Nobody needs that member's answer any more.
    case cancel(member: Int)
    /// The client's last line: the answer.
    case finish(Completion)
    /// The client's last line: why there is no answer.
    case fail(WireError)
  }

  /// Bytes of tokens that one member may have waiting to be shown; past them it fails.
  package static let heldBytes = 4 << 20

  struct Member: Sendable {
    enum State: Sendable {
      case running
      case answered(Completion)
      case failed
    }

    var state = State.running
    /// Its tokens are not those that were shown.
    var isOut = false
    /// Its tokens so far.
    var received = 0
    /// The sum of the log-probabilities that they told, and how many did.
    var likelihood = 0.0
    var told = 0
    /// Those of them that were not shown yet.
    var held = Deque<TokenLine>()
    var heldBytes = 0

    var isRunning: Bool { if case .running = state { true } else { false } }
    var answer: Completion? { if case .answered(let answer) = state { answer } else { nil } }
    /// Whether the fusion's answer may be its.
    var mayWin: Bool {
      if case .failed = state { false } else { !isOut }
    }
  }

  package let request: FusionRequest
  package private(set) var isOver = false
  private(set) var members: [Member]
  private var shown: [TokenLine] = []
  private var firstFailure: WireError?

  package init(_ request: FusionRequest) {
    self.request = request
    members = Array(repeating: Member(), count: request.nodes)
  }

  /// The seed of a member. Member 0 has the fusion's own; the others draw from it, the same for the
  /// same seed, unless all are to give the same answer.
  package func seed(of member: Int, from seed: UInt32) -> UInt32 {
    guard request.mode != .fastest, member > 0 else { return seed }
    var random = SplitMix64(seed: UInt64(seed))
    for _ in 1..<member { _ = random.next() }
    return UInt32(truncatingIfNeeded: random.next())
  }

  // MARK: What members send

  /// A token; its index follows that of the member's token before.
  package mutating func token(
    _ line: TokenLine, of member: Int, into actions: inout [Action]
  ) {
    guard !isOver, members[member].isRunning, members[member].mayWin,
      line.index == members[member].received
    else { return }
    members[member].received += 1
    if let likelihood = line.logProbability {
      members[member].likelihood += likelihood
      members[member].told += 1
    }
    if line.index < shown.count {
      if !line.isSame(as: shown[line.index]) { leave(member, &actions) }
    } else {
      members[member].held.append(line)
      members[member].heldBytes += line.size
    }
    goOn(&actions)
    guard !isOver, members[member].heldBytes > Self.heldBytes else { return }
    actions.append(.cancel(member: member))
    failed(
      WireError(.outOfRange, "more of a member's answer waits than \(Self.heldBytes) bytes"),
      member: member, into: &actions)
  }

  /// A whole answer. One that was cancelled unasked is none.
  package mutating func finished(
    _ answer: Completion, member: Int, into actions: inout [Action]
  ) {
    guard !isOver, members[member].isRunning, members[member].mayWin else { return }
    guard answer.finishReason != .cancelled else {
      return failed(
        WireError(.draining, "\(answer.node) gave its answer up"), member: member, into: &actions)
    }
    var answer = answer
    // An answer that moved was told by more than one worker, and each knows of its own tokens alone.
    let told = members[member].told
    if told > 0, told == members[member].received {
      answer.meanLogProbability = members[member].likelihood / Double(told)
    }
    members[member].state = .answered(answer)
    // It ended where others went on.
    if members[member].received < shown.count { members[member].isOut = true }
    goOn(&actions)
  }

  /// A member has failed for good; the others go on without it.
  package mutating func failed(
    _ error: WireError, member: Int, into actions: inout [Action]
  ) {
    guard !isOver, members[member].isRunning, members[member].mayWin else { return }
    members[member].state = .failed
    members[member].held = Deque()
    firstFailure = firstFailure ?? error
    goOn(&actions)
  }

  /// The client wants no more of it.
  package mutating func cancel(into actions: inout [Action]) {
    guard !isOver else { return }
    dismissAll(&actions)
    actions.append(
      .finish(
        Completion(
          text: shown.map(\.text).joined(), tokenCount: shown.count, promptTokens: 0,
          completionTime: 0, firstTokenTime: 0, finishReason: .cancelled, node: "",
          fusion: report(winner: nil))))
  }

  // MARK: Tokens

  /// Ends where the whole answer is certain, or that there is none; shows what is certain else.
  private mutating func goOn(_ actions: inout [Action]) {
    settle(&actions)
    guard !isOver, let first = nextCertain else { return }
    var next: TokenLine? = first
    while let line = next {
      shown.append(line)
      actions.append(.show(line))
      for member in members.indices where members[member].mayWin { follow(member, line, &actions) }
      next = nextCertain
    }
    // Some may be out now.
    settle(&actions)
  }

  private mutating func settle(_ actions: inout [Action]) {
    switch verdict {
    case .open: break
    case .winner(let winner): conclude(winner, &actions)
    case .none(let error):
      dismissAll(&actions)
      actions.append(.fail(error))
    }
  }

  /// The next token, where it is certain whoever wins.
  private var nextCertain: TokenLine? {
    let candidates = members.filter(\.mayWin)
    let enough = min(agreement, candidates.count)
    for candidate in candidates {
      guard let line = candidate.held.first else { continue }
      if candidates.count(where: { $0.held.first?.isSame(as: line) == true }) >= enough {
        return line
      }
    }
    return nil
  }

  /// Members with the same next token that make it certain. No more than one token can have so many
  /// but in `fastest`, where the first one counts.
  private var agreement: Int {
    let majority = request.nodes / 2 + 1
    switch request.mode {
    case .fastest: return 1
    case .majority: return majority
    case .quorum: return request.agreement >= majority ? request.agreement : request.nodes
    case .confidence, .weightedAverage: return request.nodes
    }
  }

  /// A token was shown: it is the member's own, or the member has yet to come so far, or is out.
  private mutating func follow(
    _ member: Int, _ line: TokenLine, _ actions: inout [Action]
  ) {
    if let own = members[member].held.first {
      guard own.isSame(as: line) else { return leave(member, &actions) }
      _ = members[member].held.popFirst()
      members[member].heldBytes -= own.size
    } else if !members[member].isRunning {
      leave(member, &actions)
    }
  }

  /// A member cannot win any more.
  private mutating func leave(_ member: Int, _ actions: inout [Action]) {
    members[member].isOut = true
    members[member].held = Deque()
    if members[member].isRunning { actions.append(.cancel(member: member)) }
  }

  // MARK: The end

  private mutating func conclude(_ winner: Int, _ actions: inout [Action]) {
    while let line = members[winner].held.popFirst() { actions.append(.show(line)) }
    dismissAll(&actions)
    var answer = members[winner].answer!
    answer.fusion = report(winner: winner)
    actions.append(.finish(answer))
  }

  /// Nobody is needed any more.
  private mutating func dismissAll(_ actions: inout [Action]) {
    isOver = true
    for member in members.indices where members[member].isRunning && !members[member].isOut {
      actions.append(.cancel(member: member))
    }
    for member in members.indices { members[member].held = Deque() }
  }

  /// Why no member is left to win.
  func failure(of what: String) -> WireError {
    let first = firstFailure ?? WireError(.internalError, "no reason was given")
    return WireError(
      first.code, "\(what); the first one's error: \(first.message)", retryAfter: first.retryAfter)
  }

  var hasFailures: Bool { firstFailure != nil }
}
