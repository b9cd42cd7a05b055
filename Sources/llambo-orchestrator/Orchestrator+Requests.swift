import LlamboCluster
import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboJSON
import LlamboWire

extension Orchestrator {
  func perform(
    _ verb: Verb, _ frame: Frame, line: Span<UInt8>, for session: Session
  ) throws(WireError) {
    let body = try frame.object(of: line, maximumDepth: limits.jsonDepth)
    switch verb {
    case .infer, .chat:
      let request = try GenerationRequest(verb: verb, body: body, limits: limits)
      // Its workers get the journal under this name, and count their tokens from it.
      guard request.produced.isEmpty else {
        throw WireError(
          .invalidRequest, "\"produced\" is for a worker; an orchestrator carries answers on itself"
        )
      }
      if let fusion = request.fusion {
        return try submit(request, fusedAs: fusion, id: frame.id, for: session)
      }
      let needsSeed = request.seed == nil
      try submit(
        verb, frame, line: line, prompt: PromptDigest(request), needsSeed: needsSeed, for: session)
    case .tokenize:
      _ = try TokenizeRequest(body: body)
      try submit(
        verb, frame, line: line, prompt: PromptDigest(), needsSeed: false, for: session)
    case .cancel:
      cancel(try session.number(of: frame.id))
    case .ping: session.send(.pong, id: frame.id, load)
    case .status: session.send(.status, id: frame.id, status)
    case .nodes: session.send(.nodes, id: frame.id, nodeList)
    case .metrics: session.send(.metrics, id: frame.id, try metrics(body))
    case .spawn: session.send(.ok, id: frame.id, try spawn(body))
    case .drain:
      if let node = try drainNode(body) { return session.send(.ok, id: frame.id, node) }
      // No request runs longer than its timeout, so this is long enough for all.
      stop(grace: cluster.settings.requestTimeout, frame, for: session)
    case .stop: session.send(.ok, id: frame.id, try stopNode(body))
    case .balancer: session.send(.balancer, id: frame.id, try balancer(body))
    case .scale: session.send(.ok, id: frame.id, try scale(body))
    case .reload:
      let fields = try FieldReader(body)
      try fields.finish()
      session.send(.ok, id: frame.id, try reload())
    case .shutdown:
      var fields = try FieldReader(body)
      let grace = try fields.integer("grace_ms", in: 0...Int(Int32.max)) ?? 5000
      try fields.finish()
      stop(grace: Int64(grace), frame, for: session)
    case .hello:
      adopt(session, as: try Hello(body: body))
    }
  }

  private func submit(
    _ verb: Verb, _ frame: Frame, line: Span<UInt8>, prompt: PromptDigest, needsSeed: Bool,
    for session: Session
  ) throws(WireError) {
    let number = lastRequest + 1
    try session.begin(frame.id, as: number)
    lastRequest = number
    let body = line.extracting(frame.body).withUnsafeBufferPointer { Array($0) }
    relays.insert(
      Relay(session: session, id: frame.id, verb: verb, body: body, needsSeed: needsSeed),
      for: RequestID(number))
    post(
      .submitted(RequestID(number), Submission(client: client(of: session), prompt: prompt)))
  }

  private func spawn(_ body: JSON) throws(WireError) -> JSON {
    var fields = try FieldReader(body)
    let type = try fields.requiredString("type")
    let count = try fields.requiredInteger("count", in: 1...ConfigLimits.nodes)
    try fields.finish()
    try checkType(type)
    var directives: [Directive] = []
    let names = try cluster.spawn(count, of: type, at: EventLoop.clock(), into: &directives)
    perform(&directives)
    return ["nodes": .array(names.map { .string($0) })]
  }

  private func metrics(_ body: JSON) throws(WireError) -> JSON {
    var fields = try FieldReader(body)
    let format = try fields.string("format") ?? "json"
    try fields.finish()
    switch format {
    case "json": return cluster.measured.json
    case "prometheus": return ["text": .string(cluster.measured.prometheus)]
    default:
      throw WireError(
        .invalidRequest, "\"format\" must be json or prometheus, but is \"\(format)\"")
    }
  }

  private func stop(grace: Milliseconds, _ frame: Frame, for session: Session) {
    session.send(.ok, id: frame.id, ["draining": true])
    post(.shutdown(grace: grace))
  }

  // MARK: What it tells of itself

  private var load: JSON {
    ["active": .integer(Int64(cluster.running)), "waiting": .integer(Int64(cluster.queued))]
  }

  private var status: JSON {
    var states: [String: Int64] = [:]
    var slots: Int64 = 0
    for node in cluster.nodes {
      states[node.state.name, default: 0] += 1
      slots += Int64(node.slots)
    }
    let counters = cluster.counters
    return [
      "cluster": .string(cluster.settings.id),
      "listen": .string(address?.description ?? ""),
      "pid": .integer(Int64(Program.processID)),
      "uptime": .integer(EventLoop.clock() - started),
      "strategy": .string(cluster.strategyName?.rawValue ?? "custom"),
      "draining": .bool(cluster.isShuttingDown),
      "limits": .string(launcher.limitsKind.rawValue),
      "nodes": .object(
        [JSON.Member("total", .integer(Int64(cluster.nodes.count)))]
          + Node.State.names.map { .init($0, .integer(states[$0] ?? 0)) }),
      "nodes_lost": .integer(Int64(counters.nodesLost)),
      "slots": ["total": .integer(slots), "busy": .integer(Int64(cluster.running))],
      "context_size": leastContext.map { .integer(Int64($0)) } ?? .null,
      "queue": [
        "waiting": .integer(Int64(cluster.queued)),
        "limit": .integer(Int64(cluster.settings.queueLimit)),
      ],
      "requests": [
        "accepted": .integer(Int64(counters.accepted)),
        "finished": .integer(Int64(counters.finished)),
        "failed": .integer(Int64(counters.failed)),
        "cancelled": .integer(Int64(counters.cancelled)),
        "retried": .integer(Int64(counters.retried)),
        "failovers": .integer(Int64(counters.failovers)),
      ],
      "tokens": .integer(Int64(counters.tokens)),
    ]
  }

  /// Tokens that a prompt and its answer may have on any node; nil before the first has joined.
  private var leastContext: Int? { cluster.nodes.compactMap { $0.hello?.contextSize }.min() }

  private var nodeList: JSON {
    let nodes = cluster.nodes.sorted { $0.id < $1.id }
    return ["nodes": .array(nodes.map(\.description))]
  }
}

extension Node {
  fileprivate var description: JSON {
    [
      "node": .string(id), "type": .string(type), "state": .string(state.name),
      "epoch": .integer(Int64(epoch)), "pid": pid.map { .integer(Int64($0)) } ?? .null,
      "listen": hello.map { .string($0.listen) } ?? .null,
      "model": hello.map { .string($0.model) } ?? .null,
      "slots": .integer(Int64(slots)), "busy": .integer(Int64(running.count)),
      "requests": .integer(Int64(requestsServed)), "tokens": .integer(Int64(tokensServed)),
      "restarts": .integer(Int64(restarts)),
    ]
  }
}
