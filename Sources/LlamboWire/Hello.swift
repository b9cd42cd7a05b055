import LlamboJSON

/// How a worker introduces itself on the link that it dialled.
package struct Hello: Equatable, Sendable {
  /// The version of this protocol.
  package static let protocolVersion = 1

  /// The name that its launcher gave it; nil for a worker started by hand, which is given one.
  package var node: String?
  /// Which life of that node this is; only the newest is served.
  package var epoch: UInt64
  /// The node type of the configuration, such as `tiny`.
  package var type: String
  package var model: String
  /// Requests that it runs at once.
  package var slots: Int
  /// Tokens of prompt and answer that one slot holds.
  package var contextSize: Int
  /// Its own line port, `host:port`.
  package var listen: String
  package var pid: Int

  package init(
    node: String?, epoch: UInt64, type: String, model: String, slots: Int, contextSize: Int,
    listen: String, pid: Int
  ) {
    self.node = node
    self.epoch = epoch
    self.type = type
    self.model = model
    self.slots = slots
    self.contextSize = contextSize
    self.listen = listen
    self.pid = pid
  }

  package var body: JSON {
    var members: [JSON.Member] = [
      .init("protocol", .integer(Int64(Hello.protocolVersion))),
      .init("epoch", .integer(Int64(epoch))),
      .init("type", .string(type)),
      .init("model", .string(model)),
      .init("slots", .integer(Int64(slots))),
      .init("context_size", .integer(Int64(contextSize))),
      .init("listen", .string(listen)),
      .init("pid", .integer(Int64(pid))),
    ]
    if let node { members.insert(.init("node", .string(node)), at: 1) }
    return .object(members)
  }

  package init(body: JSON) throws(WireError) {
    var fields = try FieldReader(body)
    let version = try fields.requiredInteger("protocol", in: 0...Int(Int32.max))
    guard version == Hello.protocolVersion else {
      throw WireError(
        .invalidRequest,
        "this orchestrator speaks protocol \(Hello.protocolVersion), the worker \(version)")
    }
    node = try fields.string("node")
    if let node, !Frame.isID(node) {
      throw WireError(.invalidRequest, "\"node\" must be a name of letters, digits, '-', '_', '.'")
    }
    epoch = UInt64(try fields.requiredInteger("epoch", in: 0...Int.max))
    type = try fields.requiredString("type")
    model = try fields.requiredString("model")
    slots = try fields.requiredInteger("slots", in: 1...65_536)
    contextSize = try fields.requiredInteger("context_size", in: 1...Int(Int32.max))
    listen = try fields.requiredString("listen")
    pid = try fields.requiredInteger("pid", in: 1...Int(Int32.max))
    try fields.finish()
  }
}

/// The orchestrator's answer to a `HELLO`: the worker is a node from here on.
package struct Welcome: Equatable, Sendable {
  package var cluster: String
  package var node: String
  package var epoch: UInt64
  /// Milliseconds that a worker goes on without its orchestrator before it ends itself.
  package var lease: Int

  package init(cluster: String, node: String, epoch: UInt64, lease: Int) {
    self.cluster = cluster
    self.node = node
    self.epoch = epoch
    self.lease = lease
  }

  package var body: JSON {
    [
      "cluster": .string(cluster), "node": .string(node), "epoch": .integer(Int64(epoch)),
      "lease_ms": .integer(Int64(lease)),
    ]
  }

  package init(body: JSON) throws(WireError) {
    var fields = try FieldReader(body)
    cluster = try fields.requiredString("cluster")
    node = try fields.requiredString("node")
    epoch = UInt64(try fields.requiredInteger("epoch", in: 0...Int.max))
    lease = try fields.requiredInteger("lease_ms", in: 1...Int(Int32.max))
  }
}
