import LlamboCluster
import LlamboWire

/// The orchestrator's process around the cluster, as far as the simulation needs it.
struct Shell {
  var cluster: Cluster
  /// Counts its lives: what was meant for an earlier one does not reach the next.
  var number = 0
  var isUp = true
  /// How far its clock has jumped ahead of the world's.
  var clockLead: Milliseconds = 0
  /// It does nothing until then, as after SIGSTOP.
  var pausedUntil: Milliseconds = 0
  var diskFullUntil: Milliseconds = 0
  var isPersistDue = false
  /// What the state file holds; it outlives the process.
  var state: ClusterState?
  /// Nodes that the configuration and the operator have asked for.
  var wanted: Int
  var stops = 0
  /// Requests that had ended when it started.
  var endsBefore = 0
  var retried: UInt64 = 0
  var nodesLost: UInt64 = 0
  /// Events that wait for the one in hand.
  var events: [Event] = []
  var isHandling = false

  init(settings: ClusterSettings, meddler: Meddler, wallClock: UInt64, seed: UInt64) {
    var settings = settings
    meddler.settings?(&settings)
    cluster = Cluster(
      settings: settings, epoch: wallClock, seed: seed, strategy: meddler.strategy)
    wanted = settings.types.reduce(0) { $0 + $1.count }
  }

  var snapshot: ClusterState {
    ClusterState(
      cluster: cluster.settings.id, pid: 1, listen: "127.0.0.1:1",
      nodes: cluster.nodes.map {
        ClusterState.Node(id: $0.id, type: $0.type, epoch: $0.epoch, pid: $0.pid)
      })
  }

  /// The orchestrator's monotonic clock.
  func clock(_ now: Milliseconds) -> Milliseconds { now + clockLead }

  /// In microseconds, as the orchestrator has it.
  static func wallClock(_ now: Milliseconds) -> UInt64 { 1_000_000_000 + UInt64(now) * 1000 }
}
