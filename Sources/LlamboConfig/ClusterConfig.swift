import LlamboCluster

/// A whole, checked `cluster-config.yaml`, with defaults where the file says nothing.
package struct ClusterConfig: Sendable, Equatable {
  /// The file that was read, as it was named; in its folder relative paths start.
  package var file: String
  package var id: String
  /// A relative path in the file is joined to `folder` here.
  package var stateFile: String
  /// In the order of the file; names are unique.
  package var nodeTypes: [NodeType]
  package var loadBalancer: LoadBalancer
  package var orchestrator: Orchestrator

  /// One kind of node, under a name of its own.
  package struct NodeType: Sendable, Equatable {
    package var name: String
    /// Nodes to start with the cluster.
    package var count: Int
    /// Autoscaling keeps the number of nodes between these; without a most the cluster's holds.
    package var minNodes: Int
    package var maxNodes: Int?
    package var resources: Resources
  }

  /// What one node has.
  package struct Resources: Sendable, Equatable {
    /// Cores, perhaps a fraction; nil where the file does not say.
    package var cpu: Double?
    /// Bytes; nil where the file does not say.
    package var memory: Int?
    /// As the file has it. `ClusterConfig.modelPath(of:)` finds the file it names.
    package var model: String
    /// Tokens a slot.
    package var contextSize: Int
    package var threads: Int
    package var slots: Int
  }

  /// How requests reach nodes. Times are milliseconds.
  package struct LoadBalancer: Sendable, Equatable {
    package var strategy: Strategy
    package var healthCheckInterval: Int
    package var maxRetries: Int
    /// Of the requests of late, 0 to 1.
    package var retryShare: Double
    package var retriesPerSecond: Int
    package var stallTimeout: Int
    /// A token of prompt.
    package var prefillAllowance: Int
    package var warmUpAllowance: Int
    package var timeout: Int
    package var queueLimit: Int
  }

  /// How the cluster is run. Times are milliseconds.
  package struct Orchestrator: Sendable, Equatable {
    package var listen: ListenAddress
    /// Where Prometheus reads; nil for nowhere.
    package var metricsListen: ListenAddress?
    package var autoScale: Bool
    package var minNodes: Int
    package var maxNodes: Int
    /// Shares of busy slots, 0 to 1; down is below up.
    package var scaleUpThreshold: Double
    package var scaleDownThreshold: Double
    package var scaleFactor: Double
    package var scaleWindow: Int
    package var scaleUpCooldown: Int
    package var scaleDownCooldown: Int
    package var drainGrace: Int
    package var startTimeout: Int
    package var startsAtOnce: Int
    package var lease: Int
    /// Nil for standard error; otherwise joined to the folder as `stateFile` is.
    package var logFile: String?
  }

  /// The folder of the file; "." for the working directory.
  package var folder: String {
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }

  /// Where `llamboctl init` has the orchestrator write its log.
  package var logPath: String { orchestrator.logFile ?? stateFile + ".log" }

  /// The type of that name.
  package func nodeType(named name: String) -> NodeType? {
    nodeTypes.first { $0.name == name }
  }

  /// The defaults alone: no node types.
  package init() { self.init(ConfigReader(file: "cluster-config.yaml")) }
}
