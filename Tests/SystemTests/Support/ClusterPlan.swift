/// A cluster's configuration with one node type of the shipped model.
struct ClusterPlan {
  static let stateFile = "cluster.state"

  var nodes = 3
  var slots = 4
  var contextSize = 512
  var model = Programs.model
  var strategy = "least-loaded"
  var timeout = 60_000
  var healthCheckInterval = 1000
  var queueLimit = 1024
  var maxNodes = 1000
  /// Milliseconds, from 1000.
  var lease = 5000
  /// Resources of a node, as the file writes them; none unless given.
  var cpu: String?
  var memory: String?
  var listen = "127.0.0.1:0"
  var metricsListen: String?
  var type = "tiny"
  /// Milliseconds.
  var drainGrace = 30_000
  /// Lines of more keys below `orchestrator`, and below the type.
  var orchestratorKeys: [String] = []
  var typeKeys: [String] = []

  private func resource(_ key: String, _ value: String?) -> String {
    value.map { "\n        \(key): \"\($0)\"" } ?? ""
  }

  var yaml: String {
    """
    cluster:
      id: "system-test"
      state_file: "\(Self.stateFile)"
      nodes:
        \(type):
          count: \(nodes)
    \(typeKeys.map { "      \($0)\n" }.joined())\
          resources:
            model: "\(model)"
            context_size: \(contextSize)
            slots: \(slots)\(resource("cpu", cpu))\(resource("memory", memory))
      load_balancer:
        strategy: "\(strategy)"
        health_check_interval: \(healthCheckInterval)
        timeout: \(timeout)
        queue_limit: \(queueLimit)
      orchestrator:
        listen: "\(listen)"\(metricsListen.map { "\n    metrics_listen: \"\($0)\"" } ?? "")
        max_nodes: \(maxNodes)
        lease: \(lease)
        drain_grace: \(drainGrace)
    \(orchestratorKeys.map { "    \($0)\n" }.joined())
    """
  }
}
