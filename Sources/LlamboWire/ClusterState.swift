import LlamboJSON

/// What an orchestrator keeps in its state file: where it listens, and who its nodes are.
package struct ClusterState: Equatable, Sendable {
  package struct Node: Equatable, Sendable {
    package var id: String
    package var type: String
    package var epoch: UInt64
    package var pid: Int?

    package init(id: String, type: String, epoch: UInt64, pid: Int?) {
      self.id = id
      self.type = type
      self.epoch = epoch
      self.pid = pid
    }
  }

  package static let version = 1

  package var cluster: String
  /// The orchestrator's process.
  package var pid: Int
  /// The orchestrator's line port.
  package var listen: String
  package var nodes: [Node]

  package init(cluster: String, pid: Int, listen: String, nodes: [Node]) {
    self.cluster = cluster
    self.pid = pid
    self.listen = listen
    self.nodes = nodes
  }

  package var body: JSON {
    [
      "version": .integer(Int64(ClusterState.version)),
      "cluster": .string(cluster),
      "pid": .integer(Int64(pid)),
      "listen": .string(listen),
      "nodes": .array(
        nodes.map { node in
          [
            "node": .string(node.id), "type": .string(node.type),
            "epoch": .integer(Int64(node.epoch)),
            "pid": node.pid.map { .integer(Int64($0)) } ?? .null,
          ]
        }),
    ]
  }

  package init(body: JSON) throws(WireError) {
    var fields = try FieldReader(body)
    let version = try fields.requiredInteger("version", in: 0...Int.max)
    guard version == ClusterState.version else {
      throw WireError(
        .invalidRequest,
        "a state of version \(version); this program reads version \(ClusterState.version)")
    }
    cluster = try fields.requiredString("cluster")
    pid = try fields.requiredInteger("pid", in: 1...Int(Int32.max))
    listen = try fields.requiredString("listen")
    nodes = []
    guard let entries = fields.value("nodes")?.array else {
      throw WireError(.invalidRequest, "\"nodes\" is missing: it must be an array")
    }
    for entry in entries {
      var fields = try FieldReader(entry)
      nodes.append(
        Node(
          id: try fields.requiredString("node"), type: try fields.requiredString("type"),
          epoch: UInt64(try fields.requiredInteger("epoch", in: 0...Int.max)),
          pid: try fields.integer("pid", in: 1...Int(Int32.max))))
    }
  }
}
