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

  /// Everything that is measured, in the order in which it is told.
  package var measured: [Metric] {
    let types = settings.types.prefix(TypeMask.otherIndex).map(\.name) + ["other"]
    // By their places, for a type that is no longer configured may still have guests.
    let loads = types.indices.map {
      free.load(ofType: $0 == types.count - 1 ? TypeMask.otherIndex : $0)
    }
    let named = zip(types, loads).filter { $1.slots > 0 }
    return [
      Metric(
        "llambo_inference_latency_ms", "Milliseconds from a request's acceptance to its end.",
        .histogram(metrics.latency)),
      Metric(
        "llambo_first_token_ms", "Milliseconds from a request's acceptance to its first token.",
        .histogram(metrics.firstToken)),
      Metric(
        "llambo_inter_token_ms", "Milliseconds between two tokens of an answer.",
        .histogram(metrics.interToken)),
      Metric(
        "llambo_queue_time_ms", "Milliseconds from a request's acceptance to its slot.",
        .histogram(metrics.queueTime)),
      Metric(
        "llambo_token_throughput", "Tokens a second, smoothed over ten seconds.",
        .gauge(metrics.tokensPerSecond)),
      Metric(
        "llambo_node_utilization_percent", "The share of the slots that is taken.",
        .gauge(utilization * 100)),
      Metric("llambo_active_nodes", "Nodes that take work.", .gauge(Double(count(of: .healthy)))),
      Metric(
        "llambo_nodes", "Nodes by state.",
        .gauges(
          "state",
          Node.State.names.enumerated().map { index, name in
            (name, Double(states.reduce(0) { $0 + $1[index] }))
          })),
      Metric(
        "llambo_slots", "Slots of the nodes that take work, by type.",
        .gauges("type", named.map { ($0, Double($1.slots)) })),
      Metric(
        "llambo_busy_slots", "Slots that are taken, by type.",
        .gauges("type", named.map { ($0, Double($1.running)) })),
      Metric("llambo_queue_length", "Requests that wait for a slot.", .gauge(Double(queued))),
      Metric("llambo_running_requests", "Requests that have a slot.", .gauge(Double(running))),
      Metric(
        "llambo_total_requests", "Requests, those refused among them.",
        .counter(counters.accepted + counters.refused)),
      Metric(
        "llambo_failed_requests", "Requests that ended in an error.", .counter(counters.failed)),
      Metric(
        "llambo_failures_total", "Requests that ended in an error, by its code.",
        .counters("code", metrics.failures.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })),
      Metric(
        "llambo_finished_requests_total", "Requests that ended well.", .counter(counters.finished)),
      Metric(
        "llambo_cancelled_requests_total", "Requests that were cancelled.",
        .counter(counters.cancelled)),
      Metric("llambo_retries_total", "Requests taken up anew.", .counter(counters.retried)),
      Metric(
        "llambo_failovers_total", "Requests taken up anew whose clients had seen tokens.",
        .counter(counters.failovers)),
      Metric("llambo_tokens_total", "Tokens that clients were sent.", .counter(counters.tokens)),
      Metric(
        "llambo_nodes_lost_total", "Lives of nodes that ended unasked.",
        .counter(counters.nodesLost)),
      Metric(
        "llambo_ejections_total", "Nodes given up for silence or a stall.",
        .counter(counters.ejections)),
    ]
  }
}
