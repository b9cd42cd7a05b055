import LlamboCluster
import LlamboWire

/// What clients may see: each request ends exactly once and in time, its tokens come without gap or
/// repeat, and they are those of an undisturbed run.
struct ClientChecker: Sendable {
  private struct Record {
    let request: SimulatedRequest
    /// By the orchestrator's clock.
    let deadline: Milliseconds
    var received: Int32 = 0
    var ends: Int8 = 0
    var isCancelled = false
    /// Its orchestrator was killed: its connection ended with it.
    var isCutOff = false
    /// It must be answered in full.
    var isProbe = false
  }

  /// The cluster was told to end, and may cancel what runs past its grace.
  var isShuttingDown = false
  private var records: [Record] = []
  /// The first that may be unanswered.
  private var oldest = 0
  private(set) var finished = 0
  private(set) var failed = 0
  private(set) var cancelled = 0
  private(set) var cutOff = 0
  private(set) var withdrawn = 0
  private(set) var tokens = 0

  /// Last lines that clients had.
  var ends: Int { finished + failed + cancelled }
  var submissions: Int { records.count - withdrawn }
  var unanswered: Int { submissions - finished - failed - cancelled - cutOff }

  mutating func submitted(
    _ request: SimulatedRequest, deadline: Milliseconds, isProbe: Bool
  ) {
    records.append(Record(request: request, deadline: deadline, isProbe: isProbe))
  }

  /// A request that was never asked for in the end.
  mutating func withdrawn(_ request: Int) {
    records[request].isCutOff = true
    withdrawn += 1
  }

  mutating func cancelled(_ request: Int) { records[request].isCancelled = true }

  /// The orchestrator is gone, and every client's connection with it.
  mutating func orchestratorDied() {
    for place in records.indices where records[place].ends == 0 && !records[place].isCutOff {
      records[place].isCutOff = true
      cutOff += 1
    }
  }

  func isCancelled(_ request: Int) -> Bool { records[request].isCancelled }

  func isOpen(_ request: Int) -> Bool {
    records[request].ends == 0 && !records[request].isCutOff
  }

  // MARK: What arrives

  mutating func token(
    _ request: Int, index: Int, id: Int32, _ violations: inout Violations
  ) {
    let record = records[request]
    if record.ends > 0 {
      violations.add(.endsOnce, "a token of request \(request + 1) after its end")
    }
    if index != Int(record.received) {
      violations.add(
        .contiguous, "request \(request + 1): token \(index) where \(record.received) belongs")
    }
    if id != record.request.token(at: index) {
      violations.add(
        .rightTokens, "request \(request + 1): token \(index) is not the undisturbed run's")
    }
    records[request].received += 1
    tokens += 1
  }

  mutating func done(
    _ request: Int, count: Int, isCancelled: Bool, _ violations: inout Violations
  ) {
    let record = records[request]
    if isCancelled {
      if !record.isCancelled, !isShuttingDown {
        violations.add(.cancelledOnlyIfAsked, "request \(request + 1) was not cancelled")
      }
      cancelled += 1
    } else {
      let length = record.request.length
      if Int(record.received) != length || count != length {
        violations.add(
          .contiguous,
          "request \(request + 1) ended after \(record.received) of \(length) tokens, "
            + "as one of \(count)")
      }
      finished += 1
    }
    end(request, &violations)
  }

  mutating func failed(
    _ request: Int, _ error: WireError, _ violations: inout Violations
  ) {
    if records[request].isProbe {
      violations.add(.converges, "request \(request + 1) failed in a healed cluster: \(error)")
    }
    failed += 1
    end(request, &violations)
  }

  private mutating func end(_ request: Int, _ violations: inout Violations) {
    records[request].ends += 1
    if records[request].ends > 1 {
      violations.add(.endsOnce, "request \(request + 1) ended \(records[request].ends) times")
    } else if records[request].isCutOff {
      violations.add(.endsOnce, "request \(request + 1) ended after its orchestrator's death")
    }
  }

  // MARK: Time

  /// After the orchestrator has looked at its deadlines.
  mutating func looked(at clock: Milliseconds, _ violations: inout Violations) {
    while oldest < records.count, !isOpen(oldest) { oldest += 1 }
    // All have one timeout, so the oldest is the first to be late.
    if oldest < records.count, clock > records[oldest].deadline {
      violations.add(
        .inTime, "request \(oldest + 1) is unanswered \(clock - records[oldest].deadline) ms late")
      oldest += 1
    }
  }

  mutating func finish(_ violations: inout Violations) {
    for place in records.indices where isOpen(place) {
      violations.add(.nothingLost, "request \(place + 1) was never answered")
    }
  }
}
