extension ClusterConfig {
  /// Reads a configuration from its text.
  ///
  /// - Parameter file: names the text in errors; its folder is where relative paths start.
  /// - Throws: every problem found, or the first one that keeps the text from being YAML.
  package static func parse(_ text: [UInt8], file: String) throws(ConfigError) -> ClusterConfig {
    guard text.count <= ConfigLimits.fileBytes else {
      throw ConfigError(
        ConfigProblem(
          code: .tooLarge, file: file, message: "is larger than \(ConfigLimits.fileBytes) bytes"))
    }
    let root = try text.withUnsafeBufferPointer { (bytes) throws(ConfigError) in
      var reader = YAMLReader(bytes: bytes, file: file)
      return try reader.document()
    }
    var reader = ConfigReader(file: file)
    reader.read(root: root)
    reader.checkContradictions()
    guard reader.problems.isEmpty else { throw ConfigError(reader.problems) }
    return ClusterConfig(reader)
  }

  /// Reads a configuration from text at hand.
  package static func parse(_ text: String, file: String) throws(ConfigError) -> ClusterConfig {
    try parse(Array(text.utf8), file: file)
  }

  /// - Parameter reader: without problems.
  init(_ reader: ConfigReader) {
    file = reader.file
    id = reader.text("cluster.id")!
    stateFile = reader.text("cluster.state_file")!
    nodeTypes = reader.nodeTypes.map { NodeType($0, reader) }
    loadBalancer = LoadBalancer(reader)
    orchestrator = Orchestrator(reader)
    stateFile = joined(folder, stateFile)
    orchestrator.logFile = orchestrator.logFile.map { joined(folder, $0) }
  }
}

/// `path` itself where it is absolute, or else from `folder`.
func joined(_ folder: String, _ path: String) -> String {
  if path.hasPrefix("/") { return path }
  if folder == "." { return path }
  return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
}

extension ClusterConfig.NodeType {
  fileprivate init(_ name: String, _ reader: ConfigReader) {
    let own = "cluster.nodes.\(name)."
    let schema = "cluster.nodes.TYPE."
    func integer(_ key: String) -> Int { reader.integer(own + key, schema: schema + key)! }
    let cpu = "resources.cpu"
    let memory = "resources.memory"
    let model = "resources.model"
    self.init(
      name: name,
      count: integer("count"),
      minNodes: integer("min_nodes"),
      maxNodes: reader.integer(own + "max_nodes", schema: schema + "max_nodes"),
      resources: ClusterConfig.Resources(
        cpu: reader.number(own + cpu, schema: schema + cpu),
        memory: reader.integer(own + memory, schema: schema + memory),
        model: reader.text(own + model, schema: schema + model)!,
        contextSize: integer("resources.context_size"),
        threads: integer("resources.threads"),
        slots: integer("resources.slots")))
  }
}

extension ClusterConfig.LoadBalancer {
  fileprivate init(_ reader: ConfigReader) {
    let path = "cluster.load_balancer."
    guard case .strategy(let strategy) = reader.value(path + "strategy") else {
      preconditionFailure("the table has another kind for strategy")
    }
    self.init(
      strategy: strategy,
      healthCheckInterval: reader.integer(path + "health_check_interval")!,
      maxRetries: reader.integer(path + "max_retries")!,
      retryShare: reader.number(path + "retry_share")!,
      retriesPerSecond: reader.integer(path + "retries_per_second")!,
      stallTimeout: reader.integer(path + "stall_timeout")!,
      prefillAllowance: reader.integer(path + "prefill_allowance")!,
      warmUpAllowance: reader.integer(path + "warm_up_allowance")!,
      timeout: reader.integer(path + "timeout")!,
      queueLimit: reader.integer(path + "queue_limit")!)
  }
}

extension ClusterConfig.Orchestrator {
  fileprivate init(_ reader: ConfigReader) {
    let path = "cluster.orchestrator."
    guard case .address(let listen) = reader.value(path + "listen"),
      case .boolean(let autoScale) = reader.value(path + "auto_scale")
    else { preconditionFailure("the table has another kind for listen or auto_scale") }
    var metricsListen: ListenAddress?
    if case .address(let address) = reader.value(path + "metrics_listen") {
      metricsListen = address
    }
    self.init(
      listen: listen,
      metricsListen: metricsListen,
      autoScale: autoScale,
      minNodes: reader.integer(path + "min_nodes")!,
      maxNodes: reader.integer(path + "max_nodes")!,
      scaleUpThreshold: reader.number(path + "scale_up_threshold")!,
      scaleDownThreshold: reader.number(path + "scale_down_threshold")!,
      scaleFactor: reader.number(path + "scale_factor")!,
      scaleWindow: reader.integer(path + "scale_window")!,
      scaleUpCooldown: reader.integer(path + "scale_up_cooldown")!,
      scaleDownCooldown: reader.integer(path + "scale_down_cooldown")!,
      drainGrace: reader.integer(path + "drain_grace")!,
      startTimeout: reader.integer(path + "start_timeout")!,
      startsAtOnce: reader.integer(path + "starts_at_once")!,
      lease: reader.integer(path + "lease")!,
      logFile: reader.text(path + "log_file"))
  }
}

extension ConfigReader {
  fileprivate func text(_ path: String, schema: String? = nil) -> String? {
    if case .text(let value) = value(path, schema: schema) { value } else { nil }
  }

  fileprivate func integer(_ path: String, schema: String? = nil) -> Int? {
    if case .integer(let value) = value(path, schema: schema) { value } else { nil }
  }

  fileprivate func number(_ path: String, schema: String? = nil) -> Double? {
    if case .number(let value) = value(path, schema: schema) { value } else { nil }
  }

  /// Values that are sound by themselves and cannot both be.
  fileprivate mutating func checkContradictions() {
    let path = "cluster.orchestrator."
    let (least, most) = (path + "min_nodes", path + "max_nodes")
    if !isRefused(least), !isRefused(most), let min = integer(least), let max = integer(most),
      min > max
    {
      add(
        .contradiction, position(least) ?? position(most),
        "min_nodes (\(min)) is above max_nodes (\(max))", hint: "raise max_nodes or lower min_nodes"
      )
    }
    let (up, down) = (path + "scale_up_threshold", path + "scale_down_threshold")
    if !isRefused(up), !isRefused(down), let high = number(up), let low = number(down), low >= high
    {
      add(
        .contradiction, position(down) ?? position(up),
        "scale_down_threshold (\(low)) is not below scale_up_threshold (\(high))",
        hint: "leave room between them, or the cluster swings")
    }
    for type in nodeTypes { checkBounds(of: type) }
    let counts = nodeTypes.map { "cluster.nodes.\($0).count" }
    let sum = counts.reduce(0) { $0 + (integer($1, schema: "cluster.nodes.TYPE.count") ?? 0) }
    if !isRefused(most), let max = integer(most), sum > max {
      add(
        .contradiction, counts.compactMap { position($0) }.last,
        "the node types count \(sum) nodes together, but max_nodes is \(max)",
        hint: "raise max_nodes or lower the counts")
    }
  }
  /// A type's bounds against each other, its count and the cluster's.
  private mutating func checkBounds(of type: String) {
    let own = "cluster.nodes.\(type)."
    let schema = "cluster.nodes.TYPE."
    func number(_ key: String) -> Int? {
      isRefused(own + key) ? nil : integer(own + key, schema: schema + key)
    }
    let least = number("min_nodes") ?? 0
    let most = number("max_nodes")
    if let most, least > most {
      add(
        .contradiction, position(own + "min_nodes") ?? position(own + "max_nodes"),
        "min_nodes (\(least)) of node type \"\(type)\" is above its max_nodes (\(most))",
        hint: "raise max_nodes or lower min_nodes")
    } else if let most, let count = number("count"), count > most {
      add(
        .contradiction, position(own + "count") ?? position(own + "max_nodes"),
        "count (\(count)) of node type \"\(type)\" is above its max_nodes (\(most))",
        hint: "raise max_nodes or lower count")
    }
    let all = "cluster.orchestrator.max_nodes"
    if !isRefused(all), let cluster = integer(all), least > cluster {
      add(
        .contradiction, position(own + "min_nodes"),
        "min_nodes (\(least)) of node type \"\(type)\" is above the cluster's max_nodes (\(cluster))",
        hint: "raise max_nodes or lower min_nodes")
    }
  }
}
