import LlamboJSON

/// What an `Orchestrator` is started with, as a `cluster-config.yaml`.
struct ClusterPlan: Sendable, Equatable {
  /// The one type that its nodes have.
  static let nodeType = "node"
  static let configFile = "cluster-config.yaml"
  static let stateFile = "cluster.state"

  var maxNodes: Int
  var strategy: BalancingStrategy
  var count: Int
  var model: String
  var contextSize: Int
  var slots: Int
  var threads: Int
  /// Milliseconds.
  var timeout: Int
  var lease: Int

  /// Nodes that do not differ from the others' but in number.
  func matches(_ other: ClusterPlan) -> Bool {
    var plan = self
    plan.count = other.count
    return plan == other
  }

  /// JSON's strings are YAML's as well.
  var yaml: String {
    """
    cluster:
      id: "swift"
      state_file: "\(Self.stateFile)"
      nodes:
        \(Self.nodeType):
          count: \(count)
          resources:
            model: \(JSON.string(model))
            context_size: \(contextSize)
            slots: \(slots)
            threads: \(threads)
      load_balancer:
        strategy: "\(strategy.name)"
        timeout: \(timeout)
      orchestrator:
        listen: "127.0.0.1:0"
        auto_scale: false
        min_nodes: 1
        max_nodes: \(maxNodes)
        lease: \(lease)

    """
  }
}
