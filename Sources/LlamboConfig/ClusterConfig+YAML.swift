import LlamboCluster

extension ClusterConfig {
  /// The whole configuration as a file that reads back the same, with every default written out.
  /// Relative paths come out joined to the folder.
  package var yaml: String {
    var lines = [
      "cluster:",
      "  id: \(quoted(id))",
      "  state_file: \(quoted(stateFile))",
      nodeTypes.isEmpty ? "  nodes: {}" : "  nodes:",
    ]
    for type in nodeTypes { lines += type.yamlLines }
    lines += [
      "  load_balancer:",
      "    strategy: \(quoted(loadBalancer.strategy.rawValue))",
      "    health_check_interval: \(loadBalancer.healthCheckInterval)",
      "    max_retries: \(loadBalancer.maxRetries)",
      "    timeout: \(loadBalancer.timeout)",
      "    queue_limit: \(loadBalancer.queueLimit)",
      "  orchestrator:",
      "    listen: \(quoted(orchestrator.listen.description))",
      "    auto_scale: \(orchestrator.autoScale)",
      "    min_nodes: \(orchestrator.minNodes)",
      "    max_nodes: \(orchestrator.maxNodes)",
      "    scale_up_threshold: \(orchestrator.scaleUpThreshold)",
      "    scale_down_threshold: \(orchestrator.scaleDownThreshold)",
      "    scale_factor: \(orchestrator.scaleFactor)",
      "    lease: \(orchestrator.lease)",
    ]
    if let address = orchestrator.metricsListen {
      lines.append("    metrics_listen: \(quoted(address.description))")
    }
    if let file = orchestrator.logFile { lines.append("    log_file: \(quoted(file))") }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension ClusterConfig.NodeType {
  fileprivate var yamlLines: [String] {
    var lines = ["    \(name):", "      count: \(count)", "      resources:"]
    if let cpu = resources.cpu { lines.append("        cpu: \(cpu)") }
    if let memory = resources.memory {
      lines.append("        memory: \(quoted(Quantity.memoryText(memory)))")
    }
    return lines + [
      "        model: \(quoted(resources.model))",
      "        context_size: \(resources.contextSize)",
      "        threads: \(resources.threads)",
      "        slots: \(resources.slots)",
    ]
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
