import LlamboCluster

/// What must hold whatever happens.
package enum Rule: String, CaseIterable, Sendable {
  // What clients see.
  case endsOnce = "ends-once"
  case contiguous = "contiguous"
  case rightTokens = "right-tokens"
  case nothingLost = "nothing-lost"
  case inTime = "in-time"
  case cancelledOnlyIfAsked = "cancelled-only-if-asked"
  /// A fusion ends once and in time, and its members with it.
  case fusionEnds = "fusion-ends"
  /// A fusion's answer is its winner's, who wins by the rule.
  case fusionAnswers = "fusion-answers"
  // Slots.
  case slotsConserved = "slots-conserved"
  case oneNodeAtATime = "one-node-at-a-time"
  case slotBound = "slot-bound"
  case noIdleSlotBesideQueue = "no-idle-slot-beside-queue"
  case fairness
  // Lives and links.
  case epochsGrow = "epochs-grow"
  case noWorkOnDeadEpoch = "no-work-on-dead-epoch"
  case openLinks = "open-links"
  case knownProcesses = "known-processes"
  case adoption
  case stallBound = "stall-bound"
  // Bounds.
  case queueBound = "queue-bound"
  case launchBound = "launch-bound"
  case nodeBound = "node-bound"
  case retryBound = "retry-bound"
  case retryBudget = "retry-budget"
  case backoffBound = "backoff-bound"
  case poisonBound = "poison-bound"
  // Autoscaling.
  case scalingBounds = "scaling-bounds"
  case scalingCooldown = "scaling-cooldown"
  case scalingStep = "scaling-step"
  /// Without data there is no change.
  case scalingHolds = "scaling-holds"
  // The books, and the end.
  /// What the cluster keeps twice is the same; only tests that see into it look.
  case consistent
  case counters
  case converges
  case nothingLeftOver = "nothing-left-over"
}

/// A rule that was broken, and how.
package struct Violation: Sendable, CustomStringConvertible {
  package let rule: Rule
  package let time: Milliseconds
  package let text: String

  package var description: String { "\(rule.rawValue) at \(time) ms: \(text)" }
}

/// The violations of a run. The first ones of a rule count: what follows is often their echo.
struct Violations: Sendable {
  static let keptOfRule = 3
  private(set) var list: [Violation] = []
  var now: Milliseconds = 0

  mutating func add(_ rule: Rule, _ text: String) {
    if list.count(where: { $0.rule == rule }) < Violations.keptOfRule {
      list.append(Violation(rule: rule, time: now, text: text))
    }
  }
}
