import LlamboCluster
import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboJSON
import LlamboWire

/// What an operator asks of a running cluster.
extension Orchestrator {
  // MARK: Nodes

  /// - Returns: the answer; nil where no node is named, and the whole cluster is to drain.
  func drainNode(_ body: JSON) throws(WireError) -> JSON? {
    var fields = try FieldReader(body)
    let id = try fields.string("node")
    let grace = try fields.integer("grace_ms", in: 0...Int(Int32.max))
    try fields.finish()
    guard let id else {
      guard grace == nil else {
        throw WireError(
          .invalidRequest,
          "\"grace_ms\" goes with \"node\"; SHUTDOWN takes it for the whole cluster")
      }
      return nil
    }
    let node = try node(named: id)
    let wanted = grace.map { Milliseconds($0) } ?? cluster.settings.drainGrace
    post(.drain(node: id, grace: wanted, replace: false))
    return farewell(node)
  }

  func stopNode(_ body: JSON) throws(WireError) -> JSON {
    var fields = try FieldReader(body)
    let id = try fields.requiredString("node")
    try fields.finish()
    let node = try node(named: id)
    post(.stop(node: id))
    return farewell(node)
  }

  private func node(named id: String) throws(WireError) -> Node {
    if cluster.isShuttingDown { throw WireError(.draining, "the cluster is shutting down") }
    if let node = cluster.nodes.first(where: { $0.id == id }) { return node }
    let hint = guess(id, among: cluster.nodes.map(\.id)) ?? "NODES lists them"
    throw WireError(.unknownNode, "no node \"\(id)\" in this cluster; \(hint)")
  }

  /// What became of a node that was told to leave, and how many of its type are to stay.
  private func farewell(_ node: Node) -> JSON {
    let now = cluster.nodes.first { $0.id == node.id }
    return [
      "node": .string(node.id), "type": .string(node.type),
      "state": .string(now?.state.name ?? "gone"),
      "count": .integer(Int64(cluster.target(of: node.type))),
    ]
  }

  // MARK: Types

  func scale(_ body: JSON) throws(WireError) -> JSON {
    var fields = try FieldReader(body)
    let type = try fields.requiredString("type")
    let count = try fields.requiredInteger("count", in: 0...ConfigLimits.nodes)
    try fields.finish()
    try checkType(type)
    var directives: [Directive] = []
    let resizing = try cluster.scale(type, to: count, at: EventLoop.clock(), into: &directives)
    perform(&directives)
    return .object(
      [.init("type", .string(type)), .init("count", .integer(Int64(count)))] + resizing.members)
  }

  /// - Throws: `unknown_type`, with the name that was probably meant.
  func checkType(_ type: String) throws(WireError) {
    let known = cluster.settings.types.filter { !$0.isRetired }.map(\.name)
    guard !known.contains(type) else { return }
    let hint =
      guess(type, among: known)
      ?? (known.isEmpty
        ? "the configuration has none" : "the configuration has \(known.joined(separator: ", "))")
    throw WireError(.unknownType, "unknown node type \"\(type)\"; \(hint)")
  }

  private func guess(_ word: String, among known: [String]) -> String? {
    nearestWord(to: word, in: known).map { "did you mean \"\($0)\"?" }
  }

  // MARK: The balancer

  func balancer(_ body: JSON) throws(WireError) -> JSON {
    var fields = try FieldReader(body)
    let name = try fields.string("strategy")
    try fields.finish()
    guard let name else { return balance(nil) }
    let words = Strategy.allCases.map(\.rawValue)
    guard let strategy = Strategy(rawValue: name) else {
      let hint = guess(name, among: words) ?? "known are \(words.joined(separator: ", "))"
      throw WireError(.unknownStrategy, "unknown strategy \"\(name)\"; \(hint)")
    }
    post(.useStrategy(strategy))
    let configured = config.loadBalancer.strategy
    Program.log("llambo-orchestrator: the strategy is \(name) now, by an operator's word")
    return balance(
      strategy == configured
        ? "as the configuration says"
        : "in force until the next RELOAD or restart, for the configuration says "
          + configured.rawValue)
  }

  private func balance(_ note: String?) -> JSON {
    let picks = cluster.picks
    func share(_ part: UInt64) -> JSON {
      .number(picks == 0 ? 0 : (Double(part) / Double(picks) * 10_000).rounded() / 10_000)
    }
    let nodes = cluster.nodes.sorted { $0.id < $1.id }
    let types = cluster.settings.types.filter { !$0.isRetired }.map { type -> JSON in
      let own = nodes.filter { $0.type == type.name }
      let served = cluster.served(by: type.name)
      return [
        "type": .string(type.name), "nodes": .integer(Int64(own.count)),
        "count": .integer(Int64(cluster.target(of: type.name))),
        "picks": .integer(Int64(served.picks)), "requests": .integer(Int64(served.requests)),
        "busy": .integer(Int64(own.reduce(0) { $0 + $1.running.count })),
        "slots": .integer(Int64(own.reduce(0) { $0 + $1.slots })), "share": share(served.picks),
      ]
    }
    let parts = nodes.map { node -> JSON in
      [
        "node": .string(node.id), "type": .string(node.type), "state": .string(node.state.name),
        "picks": .integer(Int64(node.picks)), "requests": .integer(Int64(node.requestsServed)),
        "busy": .integer(Int64(node.running.count)), "slots": .integer(Int64(node.slots)),
        "share": share(node.picks),
      ]
    }
    var members: [JSON.Member] = [
      .init("strategy", .string(cluster.strategyName?.rawValue ?? "custom")),
      .init("configured", .string(config.loadBalancer.strategy.rawValue)),
      .init("picks", .integer(Int64(picks))),
      .init("requests", .integer(Int64(cluster.counters.finished))),
      .init("busy", .integer(Int64(cluster.running))),
      .init("slots", .integer(Int64(nodes.reduce(0) { $0 + $1.slots }))),
      .init("waiting", .integer(Int64(cluster.queued))),
      .init("types", .array(types)), .init("nodes", .array(parts)),
    ]
    if let note { members.append(.init("note", .string(note))) }
    return .object(members)
  }
}

extension Cluster.Resizing {
  var members: [JSON.Member] {
    [
      .init("started", .array(added.map { .string($0) })),
      .init("drained", .array(drained.map { .string($0) })),
    ]
  }
}
