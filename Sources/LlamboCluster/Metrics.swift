import LlamboWire

/// What the cluster measures besides its counters.
package struct Metrics: Sendable {
  /// Milliseconds from a request's acceptance to its end, of those that ended well.
  package internal(set) var latency = Histogram()
  /// Milliseconds from a request's acceptance to its first token.
  package internal(set) var firstToken = Histogram()
  /// Milliseconds between two tokens of an answer, failovers included.
  package internal(set) var interToken = Histogram()
  /// Milliseconds from a request's acceptance to its first slot.
  package internal(set) var queueTime = Histogram()
  /// Requests that ended in an error, by its code.
  package internal(set) var failures: [String: UInt64] = [:]
  var tokens = SmoothedRate(window: 10_000)

  /// Codes that are told apart; a worker may send any.
  static let codesLimit = 64

  /// Tokens a second, smoothed over about ten seconds.
  package var tokensPerSecond: Double { tokens.perSecond ?? 0 }

  mutating func failed(_ code: WireError.Code) {
    let isKnown = failures[code.name] != nil || failures.count < Self.codesLimit
    failures[isKnown ? code.name : "other", default: 0] += 1
  }
}

extension Cluster {
  /// The share of the slots that is taken, 0 to 1.
  package var utilization: Double {
    let slots = (0...TypeMask.otherIndex).reduce(0) { $0 + free.load(ofType: $1).slots }
    let busy = (0...TypeMask.otherIndex).reduce(0) { $0 + free.load(ofType: $1).running }
    return slots == 0 ? 0 : Double(busy) / Double(slots)
  }

  /// Everything that is measured, in Prometheus' text format (version 0.0.4).
  package var prometheus: String {
    var text = MetricsText()
    text.histogram(
      "llambo_inference_latency_ms", "Milliseconds from a request's acceptance to its end.",
      metrics.latency)
    text.histogram(
      "llambo_first_token_ms", "Milliseconds from a request's acceptance to its first token.",
      metrics.firstToken)
    text.histogram(
      "llambo_inter_token_ms", "Milliseconds between two tokens of an answer.", metrics.interToken)
    text.histogram(
      "llambo_queue_time_ms", "Milliseconds from a request's acceptance to its slot.",
      metrics.queueTime)
    text.gauge(
      "llambo_token_throughput", "Tokens a second, smoothed over ten seconds.",
      metrics.tokensPerSecond)
    text.gauge(
      "llambo_node_utilization_percent", "The share of the slots that is taken.",
      utilization * 100)
    text.gauge(
      "llambo_active_nodes", "Nodes that take work.", Double(count(of: .healthy)))
    text.head("llambo_nodes", "gauge", "Nodes by state.")
    for (index, name) in Node.State.names.enumerated() {
      let nodes = states.reduce(0) { $0 + $1[index] }
      text.sample("llambo_nodes", Double(nodes), [("state", name)])
    }
    text.counter(
      "llambo_total_requests", "Requests, those refused among them.",
      counters.accepted + counters.refused)
    text.counter(
      "llambo_failed_requests", "Requests that ended in an error.", counters.failed)
    text.head("llambo_failures", "counter", "Requests that ended in an error, by its code.")
    for (code, count) in metrics.failures.sorted(by: { $0.key < $1.key }) {
      text.sample("llambo_failures", Double(count), [("code", code)])
    }
    text.counter(
      "llambo_finished_requests", "Requests that ended well.", counters.finished)
    text.counter("llambo_cancelled_requests", "Requests that were cancelled.", counters.cancelled)
    text.counter("llambo_retries", "Requests taken up anew.", counters.retried)
    text.counter(
      "llambo_failovers", "Requests taken up anew whose clients had seen tokens.",
      counters.failovers)
    text.counter("llambo_tokens", "Tokens that clients were sent.", counters.tokens)
    text.counter("llambo_nodes_lost", "Lives of nodes that ended unasked.", counters.nodesLost)
    text.counter("llambo_ejections", "Nodes given up for silence or a stall.", counters.ejections)
    text.gauge("llambo_queue_length", "Requests that wait for a slot.", Double(queued))
    text.gauge("llambo_running_requests", "Slots that are taken.", Double(running))
    return text.text
  }
}

/// Lines of Prometheus' text format.
struct MetricsText {
  private(set) var text = ""

  mutating func head(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  mutating func sample(_ name: String, _ value: Double, _ labels: [(String, String)] = []) {
    // Label values are codes and states; what a worker made up is reduced to its plain part.
    let list = labels.map { "\($0.0)=\"\(plain($0.1))\"" }.joined(separator: ",")
    text += list.isEmpty ? "\(name) \(number(value))\n" : "\(name){\(list)} \(number(value))\n"
  }

  mutating func gauge(_ name: String, _ help: String, _ value: Double) {
    head(name, "gauge", help)
    sample(name, value)
  }

  mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
    head(name, "counter", help)
    sample(name, Double(value))
  }

  mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
    head(name, "histogram", help)
    for (bound, count) in histogram.cumulative {
      sample(name + "_bucket", Double(count), [("le", String(bound))])
    }
    sample(name + "_bucket", Double(histogram.count), [("le", "+Inf")])
    sample(name + "_sum", Double(histogram.sum))
    sample(name + "_count", Double(histogram.count))
  }

  private func plain(_ text: String) -> String {
    String(
      text.unicodeScalars.filter { $0.value >= 0x20 && $0 != "\"" && $0 != "\\" }.map(
        Character.init))
  }

  private func number(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? String(Int(value)) : String(value)
  }
}
