import LlamboCluster

/// A world before it begins: its size, its cluster's settings, and what will go wrong how often.
/// All of it comes from the seed, so a seed is a run.
package struct Scenario: Sendable {
  package let seed: UInt64
  /// Nodes at the start.
  package let nodes: Int
  package var settings: ClusterSettings
  /// How long faults go on.
  package var trouble: Milliseconds
  /// From one look of the orchestrator at its deadlines to the next.
  package var tick: Milliseconds = 50
  package var clients: Int
  /// Between two requests, all clients together, on average.
  package var arrivalGap: Milliseconds
  /// Most requests that one client has unanswered.
  package var clientLimit = 32
  /// Requests that several nodes are to answer, in thousandths.
  package var fusedShare: Int
  package var slots: Int
  /// Milliseconds a token.
  package var pace: Milliseconds
  /// A one-way trip of a line takes up to this long.
  package var latency: Milliseconds
  package var tokens: Int
  /// In the end the orchestrator is killed for good, rather than told to stop.
  package var endsWithoutOrchestrator: Bool

  /// By fault: for what strikes by itself, the mean time between two strikes in milliseconds; for
  /// what may befall an act, its chance in thousandths. 0 is never.
  private var measures = [Int](repeating: 0, count: Fault.allCases.count)

  package subscript(fault: Fault) -> Int {
    get { measures[fault.rawValue] }
    set { measures[fault.rawValue] = newValue }
  }

  /// - Parameter nodes: nil lets the seed choose, mostly few.
  package init(seed: UInt64, nodes: Int? = nil) {
    self.seed = seed
    var random = SplitMix64(seed: seed ^ 0x5ce4_a210)
    let chosen = random.chance(900) ? random.within(1, 6) : random.within(7, 40)
    let count = nodes ?? chosen
    self.nodes = count
    clients = random.within(1, 5)
    slots = random.within(1, 4)
    pace = random.time(5, 60)
    latency = random.time(1, 20)
    tokens = random.within(1, 30)
    trouble = random.time(5_000, 9_000)
    endsWithoutOrchestrator = random.chance(100)
    arrivalGap = max(1, random.time(60, 300) / Milliseconds(max(1, count / 10)))
    if count > 500 { tick = 250 }
    // Drawn apart, so that a seed without them is the run that it always was.
    var fused = SplitMix64(seed: seed ^ 0xf0_5ed5)
    fusedShare = fused.chance(400) ? fused.within(50, 400) : 0

    var settings = ClusterSettings()
    settings.types = [.init(name: "tiny", count: count)]
    if count > 1, random.chance(300) {
      settings.types = [
        .init(name: "tiny", count: count - count / 2), .init(name: "large", count: count / 2),
      ]
    }
    settings.strategy = Strategy.allCases[random.below(Strategy.allCases.count)]
    settings.maxNodes = count + random.within(0, 4)
    settings.launchesAtOnce = random.within(1, 3) + count / 8
    settings.queueLimit = [0, 2, 50, 1000][random.below(4)]
    settings.maxRetries = random.within(0, 3)
    settings.retriesPerSecond = [0, 1, 10][random.below(3)]
    settings.retryShare = [0, 0.1, 0.2][random.below(3)]
    settings.requestTimeout = random.time(2_000, 4_000)
    settings.healthCheckInterval = random.time(200, 500)
    settings.stallTimeout = random.time(600, 1_500)
    settings.prefillAllowance = random.time(0, 1)
    settings.warmUpAllowance = random.time(0, 500)
    settings.panicShare = [0, 0.5, 0.5, 0.9][random.below(4)]
    settings.crashLoopLimit = random.within(3, 10)
    settings.holdFirst = 300
    settings.holdMost = 1_500
    settings.startTimeout = 1_500
    settings.redialTimeout = random.time(0, 800)
    settings.adoptionTimeout = 4_000
    settings.lease = 6_000
    settings.backoffMost = 2_000
    settings.stopTimeout = 1_000
    settings.stableAfter = 3_000
    settings.drainGrace = 1_000
    self.settings = settings
    if count <= 200, random.chance(300) { scaleItself(&random) }
    chooseFaults(&random)
  }

  /// Lets the cluster choose its size.
  private mutating func scaleItself(_ random: inout SplitMix64) {
    settings.autoScale = true
    settings.minNodes = random.within(0, 1)
    for type in settings.types.indices {
      settings.types[type].minNodes = random.within(0, settings.types[type].count)
      settings.types[type].maxNodes = settings.types[type].count + random.within(0, 5)
    }
    settings.maxNodes += 4
    settings.scaleInterval = random.time(200, 500)
    settings.scaleWindow = random.time(400, 1_200)
    settings.scaleUpCooldown = random.time(1_000, 3_000)
    settings.scaleDownCooldown = settings.scaleUpCooldown
    settings.scaleFactor = random.chance(500) ? 1.5 : 2
    settings.drainGrace = random.time(0, 1_000)
    // A cluster without nodes takes in who waits for one.
    settings.queueLimit = max(settings.queueLimit, 5)
  }

  /// Each seed takes some of the faults: with all of them at once the rare roads stay untrodden.
  private mutating func chooseFaults(_ random: inout SplitMix64) {
    let crowd = max(1, min(nodes / 6, 60))
    for fault in Fault.allCases where random.chance(400) {
      let harshness = random.within(1, 3)
      switch fault {
      case .slowStart, .lateReport, .duplicateReport: self[fault] = 60 * harshness
      case .launchFails, .launchHangs, .launchDies: self[fault] = 60 * harshness
      case .duplicateLine, .lateLine, .staleLine: self[fault] = 10 * harshness
      case .workerRefuses, .workerFails: self[fault] = 20 * harshness
      case .workerDrains, .poison, .gap, .wrongEpoch: self[fault] = 10 * harshness
      case .massCrash, .restart, .crashLoop: self[fault] = 9_000 / harshness
      case .clockJump, .pause, .diskFull, .spawn, .guest, .drain, .reload:
        self[fault] = 6_000 / harshness
      case .burst: self[fault] = 4_000 / harshness
      case .cancel, .hangUp: self[fault] = 2_000 / harshness
      case .crash, .stall, .wedge, .slowNode, .partition, .partitionUp, .partitionDown, .linkLoss,
        .cutLine, .halfOpen:
        self[fault] = max(10, 4_000 / harshness / crowd)
      }
    }
  }

  /// Within this long after the last fault everything must be well again: the sum of all waits
  /// that can follow one another, and the time to start all nodes anew, as many at once as may.
  package var settling: Milliseconds {
    let rounds = Milliseconds(nodes / settings.launchesAtOnce + 2)
    let silence = settings.healthCheckInterval * Milliseconds(settings.missedPings + 2)
    let timeouts =
      settings.startTimeout + settings.requestTimeout + settings.stopTimeout
      + settings.redialTimeout + settings.adoptionTimeout + settings.stallTimeout
    let pauses = settings.lease + 2 * settings.backoffMost + settings.holdMost
    return timeouts + pauses + silence + rounds * 700 + 20 * tick
  }
}
