import LlamboCluster

/// A process that runs the simulated model; its process number is `firstPID` more than its place
/// in the list.
struct Worker {
  static let firstPID = 100

  /// One answer under way.
  struct Job {
    let request: Int
    let link: Int
    /// Of the next token.
    var index: Int
    var isCancelled = false
  }

  /// What its launcher called it; what the cluster called it, where it was started by hand.
  var node: String?
  let epoch: UInt64
  let type: String
  let slots: Int
  /// Milliseconds a token.
  let pace: Milliseconds
  /// The orchestrator whose child it is; -1 for one started by hand.
  let parent: Int
  var isAlive = true
  /// Its place among those that live.
  var livingPlace = 0
  var isDraining = false
  var hasGivenUp = false
  var link: Int?
  /// Connections whose end here is open: the newest, and some that nobody has missed yet.
  var openLinks: [Int] = []
  var attempts = 0
  var lastHeard: Milliseconds
  var lease: Milliseconds
  var jobs: [Job] = []
  /// The request that ends it.
  var poison: Int?
  var isTurnDue = false

  var stalledUntil: Milliseconds = 0
  var wedgedUntil: Milliseconds = 0
  var slowUntil: Milliseconds = 0
  var upHeldUntil: Milliseconds = 0
  var downHeldUntil: Milliseconds = 0

  init(
    node: String?, epoch: UInt64, type: String, slots: Int, pace: Milliseconds, parent: Int,
    lease: Milliseconds, at now: Milliseconds
  ) {
    self.node = node
    self.epoch = epoch
    self.type = type
    self.slots = slots
    self.pace = pace
    self.parent = parent
    self.lease = lease
    lastHeard = now
  }

  /// What ails it is over.
  mutating func heal() {
    stalledUntil = 0
    wedgedUntil = 0
    slowUntil = 0
    upHeldUntil = 0
    downHeldUntil = 0
  }
}
