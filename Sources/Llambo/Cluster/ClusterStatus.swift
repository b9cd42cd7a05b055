import LlamboJSON

/// How a cluster stands.
public struct ClusterStatus: Sendable, Equatable, CustomStringConvertible {
  /// Where its orchestrator listens, `host:port`.
  public var address: String
  /// The orchestrator's process.
  public var processID: Int
  /// How long it has run.
  public var uptime: Duration
  /// The strategy's word in the configuration.
  public var strategy: String
  /// Its nodes, in whatever state.
  public var nodes: Int
  /// Nodes that take work.
  public var healthyNodes: Int
  /// Nodes that were lost so far; each was replaced.
  public var lostNodes: Int
  /// Requests that the healthy nodes answer at once.
  public var slots: Int
  /// Slots that are taken.
  public var busySlots: Int
  /// Requests that wait for a slot.
  public var waiting: Int
  /// Requests answered so far.
  public var finished: Int
  /// Requests that ended in an error.
  public var failed: Int
  /// Requests cancelled.
  public var cancelled: Int
  /// Tokens brought so far.
  public var tokens: Int

  /// A few lines for people.
  public var description: String {
    """
    Cluster on \(address), \(strategy), up \(uptime)
    Nodes     \(healthyNodes) healthy of \(nodes), \(lostNodes) lost
    Slots     \(busySlots) busy of \(slots)
    Queue     \(waiting) waiting
    Requests  \(finished) finished, \(failed) failed, \(cancelled) cancelled
    Tokens    \(tokens)
    """
  }
}

extension ClusterStatus {
  /// Of an orchestrator's answer to `STATUS`.
  init(_ body: JSON) {
    func number(_ group: String, _ name: String) -> Int { body[group]?[name]?.integer ?? 0 }
    self.init(
      address: body["listen"]?.string ?? "", processID: body["pid"]?.integer ?? 0,
      uptime: .milliseconds(body["uptime"]?.integer ?? 0),
      strategy: body["strategy"]?.string ?? "", nodes: number("nodes", "total"),
      healthyNodes: number("nodes", "healthy"), lostNodes: body["nodes_lost"]?.integer ?? 0,
      slots: number("slots", "total"), busySlots: number("slots", "busy"),
      waiting: number("queue", "waiting"), finished: number("requests", "finished"),
      failed: number("requests", "failed"), cancelled: number("requests", "cancelled"),
      tokens: body["tokens"]?.integer ?? 0)
  }
}
