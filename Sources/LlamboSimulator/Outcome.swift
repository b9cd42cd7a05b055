import LlamboCluster

/// What came of one run.
package struct Outcome: Sendable {
  package let seed: UInt64
  package let nodes: Int
  /// Of all that went in and out of the cluster; equal for equal runs.
  package let hash: UInt64
  package let violations: [Violation]
  package let faults: FaultCounts
  /// Things that happened in the simulated world.
  package let happenings: Int
  package let virtualTime: Milliseconds
  /// From the last fault until all was well; nil where it never was.
  package let settledAfter: Milliseconds?
  package let submissions: Int
  package let finished: Int
  package let failed: Int
  package let cancelled: Int
  /// Requests whose orchestrator was killed.
  package let cutOff: Int
  /// Requests that several nodes were to answer; each member counts as a request as well.
  package let fusions: Int
  package let fusionsAnswered: Int
  /// Tokens that clients received.
  package let tokens: Int
  package let retried: Int
  package let nodesLost: Int
  /// The last events and directives of a run that failed, or all where they were kept.
  package let log: [String]
}

/// What came of many runs.
package struct Batch: Sendable {
  package private(set) var runs = 0
  /// Of all runs' hashes, whatever their order.
  package private(set) var hash: UInt64 = 0
  package private(set) var faults = FaultCounts()
  package private(set) var failures: [Outcome] = []
  package private(set) var happenings = 0
  package private(set) var virtualTime: Milliseconds = 0
  package private(set) var longestSettling: Milliseconds = 0
  package private(set) var submissions = 0
  package private(set) var finished = 0
  package private(set) var failed = 0
  package private(set) var cancelled = 0
  package private(set) var cutOff = 0
  package private(set) var fusions = 0
  package private(set) var fusionsAnswered = 0
  package private(set) var tokens = 0
  package private(set) var retried = 0
  package private(set) var nodesLost = 0

  package init() {}

  package mutating func add(_ other: Batch) {
    runs += other.runs
    hash ^= other.hash
    faults += other.faults
    failures += other.failures
    happenings += other.happenings
    virtualTime += other.virtualTime
    longestSettling = max(longestSettling, other.longestSettling)
    submissions += other.submissions
    finished += other.finished
    failed += other.failed
    cancelled += other.cancelled
    cutOff += other.cutOff
    fusions += other.fusions
    fusionsAnswered += other.fusionsAnswered
    tokens += other.tokens
    retried += other.retried
    nodesLost += other.nodesLost
  }

  package mutating func add(_ outcome: Outcome) {
    runs += 1
    hash ^= outcome.hash
    faults += outcome.faults
    if !outcome.violations.isEmpty { failures.append(outcome) }
    happenings += outcome.happenings
    virtualTime += outcome.virtualTime
    longestSettling = max(longestSettling, outcome.settledAfter ?? 0)
    submissions += outcome.submissions
    finished += outcome.finished
    failed += outcome.failed
    cancelled += outcome.cancelled
    cutOff += outcome.cutOff
    fusions += outcome.fusions
    fusionsAnswered += outcome.fusionsAnswered
    tokens += outcome.tokens
    retried += outcome.retried
    nodesLost += outcome.nodesLost
  }
}
