import LlamboCluster

/// One value of a configuration, under the path of its key.
struct ConfigEntry: Equatable, Sendable {
  /// From the root, with dots.
  var path: String
  var text: String
  /// Whether it stands in quotes in a file.
  var isText = false
}

extension ClusterConfig {
  /// Every value, in the order in which a file would hold them. Relative paths come out joined to
  /// the folder.
  var entries: [ConfigEntry] {
    var entries: [ConfigEntry] = []
    func add(_ path: String, _ value: some CustomStringConvertible) {
      entries.append(ConfigEntry(path: "cluster.\(path)", text: value.description))
    }
    func add(_ path: String, text: String) {
      entries.append(ConfigEntry(path: "cluster.\(path)", text: text, isText: true))
    }
    add("id", text: id)
    add("state_file", text: stateFile)
    for type in nodeTypes {
      let own = "nodes.\(type.name)."
      add(own + "count", type.count)
      add(own + "min_nodes", type.minNodes)
      if let most = type.maxNodes { add(own + "max_nodes", most) }
      let resources = type.resources
      if let cpu = resources.cpu { add(own + "resources.cpu", cpu) }
      if let memory = resources.memory {
        add(own + "resources.memory", text: Quantity.memoryText(memory))
      }
      add(own + "resources.model", text: resources.model)
      add(own + "resources.context_size", resources.contextSize)
      add(own + "resources.threads", resources.threads)
      add(own + "resources.slots", resources.slots)
    }
    add("load_balancer.strategy", text: loadBalancer.strategy.rawValue)
    add("load_balancer.health_check_interval", loadBalancer.healthCheckInterval)
    add("load_balancer.max_retries", loadBalancer.maxRetries)
    add("load_balancer.retry_share", loadBalancer.retryShare)
    add("load_balancer.retries_per_second", loadBalancer.retriesPerSecond)
    add("load_balancer.stall_timeout", loadBalancer.stallTimeout)
    add("load_balancer.prefill_allowance", loadBalancer.prefillAllowance)
    add("load_balancer.warm_up_allowance", loadBalancer.warmUpAllowance)
    add("load_balancer.timeout", loadBalancer.timeout)
    add("load_balancer.queue_limit", loadBalancer.queueLimit)
    add("orchestrator.listen", text: orchestrator.listen.description)
    add("orchestrator.auto_scale", orchestrator.autoScale)
    add("orchestrator.min_nodes", orchestrator.minNodes)
    add("orchestrator.max_nodes", orchestrator.maxNodes)
    add("orchestrator.scale_up_threshold", orchestrator.scaleUpThreshold)
    add("orchestrator.scale_down_threshold", orchestrator.scaleDownThreshold)
    add("orchestrator.scale_factor", orchestrator.scaleFactor)
    add("orchestrator.scale_window", orchestrator.scaleWindow)
    add("orchestrator.scale_up_cooldown", orchestrator.scaleUpCooldown)
    add("orchestrator.scale_down_cooldown", orchestrator.scaleDownCooldown)
    add("orchestrator.drain_grace", orchestrator.drainGrace)
    add("orchestrator.start_timeout", orchestrator.startTimeout)
    add("orchestrator.starts_at_once", orchestrator.startsAtOnce)
    add("orchestrator.lease", orchestrator.lease)
    if let address = orchestrator.metricsListen {
      add("orchestrator.metrics_listen", text: address.description)
    }
    if let file = orchestrator.logFile { add("orchestrator.log_file", text: file) }
    return entries
  }

  /// The whole configuration as a file that reads back the same, with every default written out.
  package var yaml: String {
    var text = ""
    var open: [Substring] = []
    for entry in entries {
      let words = entry.path.split(separator: ".")
      let sections = words.dropLast()
      // Sections that the entry before opened and this one shares are open already.
      let shared = zip(open, sections).prefix { $0 == $1 }.count
      for depth in shared..<sections.count { text += line(depth, sections[depth], "") }
      text += line(
        sections.count, words[sections.count],
        " " + (entry.isText ? quoted(entry.text) : entry.text))
      open = Array(sections)
      if entry.path == "cluster.state_file", nodeTypes.isEmpty { text += line(1, "nodes", " {}") }
    }
    return text
  }

  private func line(_ depth: Int, _ word: Substring, _ rest: String) -> String {
    String(repeating: "  ", count: depth) + word + ":" + rest + "\n"
  }
}

/// A double-quoted scalar; the text holds no control characters.
private func quoted(_ text: String) -> String {
  var quoted = "\""
  for letter in text {
    if letter == "\"" || letter == "\\" { quoted.append("\\") }
    quoted.append(letter)
  }
  return quoted + "\""
}
