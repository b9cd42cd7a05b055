/// One key of the configuration. The table of all of them checks a file, gives its defaults and
/// documents it.
package struct ConfigKey: Sendable {
  /// From the root, with dots; `TYPE` stands for the name of any node type.
  package let path: String
  let kind: ConfigKind
  /// As it would stand in the file; nil where nothing stands for an absent key.
  package let defaultText: String?
  package let isRequired: Bool
  package let meaning: String

  /// What the value must be.
  package var type: String { kind.requirement }

  /// Every key, in the order in which a file would hold them.
  package static let all: [ConfigKey] = [
    ConfigKey(
      "cluster.id", .name, default: "llambo",
      "The cluster's name, in its state and logs."),
    ConfigKey(
      "cluster.state_file", .path, default: "/tmp/llambo-cluster.state",
      "Where the running cluster leaves its state; a relative path starts at this file's folder."),
    ConfigKey(
      "cluster.nodes.TYPE.count", .integer(0...ConfigLimits.nodes), default: "0",
      "How many nodes of this type to start with the cluster."),
    ConfigKey(
      "cluster.nodes.TYPE.min_nodes", .integer(0...ConfigLimits.nodes), default: "0",
      "Autoscaling keeps at least so many nodes of this type."),
    ConfigKey(
      "cluster.nodes.TYPE.max_nodes", .integer(0...ConfigLimits.nodes),
      "Autoscaling lets this type have no more nodes; the cluster's max_nodes if absent."),
    ConfigKey(
      "cluster.nodes.TYPE.resources.cpu", .cores(0.01...1024),
      "The processor cores that one node may keep busy; STATUS tells by what it is held to them."),
    ConfigKey(
      "cluster.nodes.TYPE.resources.memory", .memory(1_000_000...1_000_000_000_000_000),
      "The memory that one node may take; MB counts 1000, MiB 1024."),
    ConfigKey(
      "cluster.nodes.TYPE.resources.model", .path, isRequired: true,
      "The model: a file, or a name looked up beside this file and in models/ there."),
    ConfigKey(
      "cluster.nodes.TYPE.resources.context_size", .integer(64...1_048_576), default: "512",
      "Tokens of context that each slot has."),
    ConfigKey(
      "cluster.nodes.TYPE.resources.threads", .integer(1...1024), default: "1",
      "Threads that one node decodes with."),
    ConfigKey(
      "cluster.nodes.TYPE.resources.slots", .integer(1...256), default: "1",
      "Requests that one node answers at the same time."),
    ConfigKey(
      "cluster.load_balancer.strategy", .strategy, default: "least-loaded",
      "How a node is picked; 0, 1 and 2 stand for round-robin, least-loaded and random."),
    ConfigKey(
      "cluster.load_balancer.health_check_interval", .time(10...3_600_000), default: "1000",
      "Time between two health checks of a node."),
    ConfigKey(
      "cluster.load_balancer.max_retries", .integer(0...100), default: "3",
      "How often a request is tried again on another node."),
    ConfigKey(
      "cluster.load_balancer.retry_share", .number(0...1), default: "0.2",
      "Attempts that brought nothing and may be repeated, as a share of the requests of late."),
    ConfigKey(
      "cluster.load_balancer.retries_per_second", .integer(0...1_000_000), default: "10",
      "So many more of them may be repeated each second."),
    ConfigKey(
      "cluster.load_balancer.stall_timeout", .time(100...3_600_000), default: "2500",
      "How long a node may hold work without progress before it is given up."),
    ConfigKey(
      "cluster.load_balancer.prefill_allowance", .time(0...60_000), default: "10",
      "So much longer for each token of the prompts that it computes; more for slow, large models."),
    ConfigKey(
      "cluster.load_balancer.warm_up_allowance", .time(0...3_600_000), default: "10000",
      "So much longer before the first token of a process."),
    ConfigKey(
      "cluster.load_balancer.timeout", .time(1...86_400_000), default: "30000",
      "How long one request may take in all."),
    ConfigKey(
      "cluster.load_balancer.queue_limit", .integer(0...1_000_000), default: "1024",
      "Requests that may wait for a free slot; one more is refused."),
    ConfigKey(
      "cluster.orchestrator.listen", .address, default: "127.0.0.1:9000",
      "Where clients and workers reach the orchestrator; port 0 lets the system choose."),
    ConfigKey(
      "cluster.orchestrator.metrics_listen", .address,
      "Where Prometheus reads the metrics, at /metrics; nowhere if absent."),
    ConfigKey(
      "cluster.orchestrator.auto_scale", .boolean, default: "false",
      "Whether the cluster grows and shrinks with its load."),
    ConfigKey(
      "cluster.orchestrator.min_nodes", .integer(0...ConfigLimits.nodes), default: "1",
      "Autoscaling keeps at least so many nodes."),
    ConfigKey(
      "cluster.orchestrator.max_nodes", .integer(1...ConfigLimits.nodes), default: "10000",
      "The most nodes that the cluster may have; the counts together stay within it."),
    ConfigKey(
      "cluster.orchestrator.scale_up_threshold", .number(0...1), default: "0.8",
      "The share of busy slots above which autoscaling adds nodes."),
    ConfigKey(
      "cluster.orchestrator.scale_down_threshold", .number(0...1), default: "0.2",
      "The share of busy slots below which autoscaling removes nodes."),
    ConfigKey(
      "cluster.orchestrator.scale_factor", .number(1.01...10), default: "1.5",
      "How many times as many nodes one step of autoscaling asks for."),
    ConfigKey(
      "cluster.orchestrator.scale_window", .time(100...3_600_000), default: "10000",
      "The share of busy slots is smoothed over this time, and acted on no earlier."),
    ConfigKey(
      "cluster.orchestrator.scale_up_cooldown", .time(0...86_400_000), default: "60000",
      "The least time from a step that removed nodes of a type to one that adds some."),
    ConfigKey(
      "cluster.orchestrator.scale_down_cooldown", .time(0...86_400_000), default: "60000",
      "The least time from any step of a type to one that removes nodes; its last node goes after "
        + "as long without any work."),
    ConfigKey(
      "cluster.orchestrator.drain_grace", .time(0...86_400_000), default: "30000",
      "What runs on a node that is given up may finish within this time, then moves."),
    ConfigKey(
      "cluster.orchestrator.start_timeout", .time(100...86_400_000), default: "60000",
      "How long a worker may take from its start until it reports, with its model loaded."),
    ConfigKey(
      "cluster.orchestrator.starts_at_once", .integer(1...10_000), default: "8",
      "Workers that start at the same time; the others wait for their turn."),
    ConfigKey(
      "cluster.orchestrator.lease", .time(1000...86_400_000), default: "30000",
      "How long a worker outlives the loss of its orchestrator."),
    ConfigKey(
      "cluster.orchestrator.log_file", .path,
      "Where the orchestrator writes its log; standard error if absent."),
  ]

  private init(
    _ path: String, _ kind: ConfigKind, default defaultText: String? = nil,
    isRequired: Bool = false, _ meaning: String
  ) {
    self.path = path
    self.kind = kind
    self.defaultText = defaultText
    self.isRequired = isRequired
    self.meaning = meaning
  }

  /// Keys whose change a running cluster cannot take on.
  package static let needingRestart: Set<String> = [
    "cluster.id", "cluster.state_file", "cluster.orchestrator.listen",
    "cluster.orchestrator.metrics_listen", "cluster.orchestrator.log_file",
  ]

  static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })

  /// The words that may stand in the mapping at `path`, in order.
  static func words(in path: String) -> [String] {
    let prefix = path.isEmpty ? "" : path + "."
    var words: [String] = []
    for key in all where key.path.hasPrefix(prefix) {
      let word = String(key.path.dropFirst(prefix.count).prefix { $0 != "." })
      if words.last != word { words.append(word) }
    }
    return words
  }
}
