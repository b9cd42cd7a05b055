/// What goes wrong in a simulated world.
package enum Fault: Int, CaseIterable, Sendable {
  // Processes.
  case crash
  /// Every worker at once.
  case massCrash
  /// For a while each new process dies young.
  case crashLoop
  /// Alive but silent, as after SIGSTOP.
  case stall
  /// Answers pings, and yields no token.
  case wedge
  case slowNode
  case slowStart
  /// A request whose processing ends the process.
  case poison
  // The network.
  case partition
  case partitionUp
  case partitionDown
  case linkLoss
  /// A link ends in the middle of a line.
  case cutLine
  /// The worker's end is gone, and the orchestrator's does not know.
  case halfOpen
  case duplicateLine
  case lateLine
  /// A line of a link that the cluster has closed.
  case staleLine
  // The orchestrator's own process.
  case clockJump
  case pause
  case restart
  case diskFull
  // Launchers.
  case launchFails
  /// No process comes of it, and no word.
  case launchHangs
  case launchDies
  case lateReport
  case duplicateReport
  // Workers that answer with an error.
  case workerRefuses
  case workerFails
  case workerDrains
  /// A worker leaves out a token of an answer.
  case gap
  /// A worker says `HELLO` with an epoch that is not its own.
  case wrongEpoch
  // Clients and operators.
  case burst
  case cancel
  case hangUp
  case guest
  case spawn
  case drain
  /// The operator has nodes chosen another way.
  case reload

  package var name: String { Fault.names[rawValue] }

  /// What a fault befalls.
  package enum Kind: Sendable { case process, network, answer, launch, cluster }

  package var kind: Kind {
    switch self {
    case .crash, .massCrash, .crashLoop, .stall, .wedge, .slowNode, .poison: .process
    case .partition, .partitionUp, .partitionDown, .linkLoss, .cutLine, .halfOpen, .duplicateLine,
      .lateLine, .staleLine:
      .network
    case .workerRefuses, .workerFails, .workerDrains, .gap, .wrongEpoch: .answer
    case .slowStart, .launchFails, .launchHangs, .launchDies, .lateReport, .duplicateReport: .launch
    case .clockJump, .pause, .restart, .diskFull, .burst, .cancel, .hangUp, .guest, .spawn, .drain,
      .reload:
      .cluster
    }
  }

  /// Whether it strikes in its own time, rather than befalling an act.
  var strikesByItself: Bool {
    switch self {
    case .slowStart, .poison, .duplicateLine, .lateLine, .staleLine, .launchFails, .launchHangs,
      .launchDies, .lateReport, .duplicateReport, .workerRefuses, .workerFails, .workerDrains,
      .gap, .wrongEpoch:
      false
    default: true
    }
  }

  private static let names = [
    "crash", "mass-crash", "crash-loop", "stall", "wedge", "slow-node", "slow-start", "poison",
    "partition", "partition-up", "partition-down", "link-loss", "cut-line", "half-open",
    "duplicate-line", "late-line", "stale-line", "clock-jump", "pause", "restart", "disk-full",
    "launch-fails", "launch-hangs", "launch-dies", "late-report", "duplicate-report",
    "worker-refuses", "worker-fails", "worker-drains", "gap", "wrong-epoch", "burst", "cancel",
    "hang-up", "guest", "spawn", "drain", "reload",
  ]
}

/// How often each fault fired.
package struct FaultCounts: Sendable, Equatable {
  private var counts = [Int](repeating: 0, count: Fault.allCases.count)

  package init() {}

  package subscript(fault: Fault) -> Int { counts[fault.rawValue] }

  package var total: Int { counts.reduce(0, +) }

  package mutating func count(_ fault: Fault) { counts[fault.rawValue] += 1 }

  package static func += (left: inout FaultCounts, right: FaultCounts) {
    for place in left.counts.indices { left.counts[place] += right.counts[place] }
  }
}
