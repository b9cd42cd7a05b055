import Foundation
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

/// A worker on its own.
struct WorkerProgram {
  let program: RunningProgram
  let address: String

  /// Waits until nothing runs on it.
  func waitUntilIdle() throws {
    let client = try Client(address)
    try until("no request on the worker") {
      let status = try client.ask("STATUS").body
      return status["active"]?.integer == 0 && status["waiting"]?.integer == 0
    }
  }
}

/// An orchestrator with its workers.
struct ClusterProgram {
  let program: RunningProgram
  let address: String

  /// How many descriptors the orchestrator has open.
  var descriptors: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.pid)/fd").count) ?? 0
  }

  func status() throws -> ClusterStatus {
    ClusterStatus(try Client(address).ask("STATUS").body)
  }

  func nodes() throws -> [NodeStatus] { NodeStatus.list(try Client(address).ask("NODES")) }

  func waitUntilHealthy(_ count: Int, within seconds: Double = 60) throws {
    let client = try Client(address)
    try until("\(count) healthy nodes; the log: \(program.errors)", within: seconds) {
      ClusterStatus(try client.ask("STATUS").body).nodes["healthy"] == count
    }
  }

  /// Waits until no slot is taken and nothing waits for one.
  func waitUntilIdle() throws {
    let client = try Client(address)
    try until("no request in the cluster") {
      let status = ClusterStatus(try client.ask("STATUS").body)
      return status.busy == 0 && status.waiting == 0
    }
  }

  /// Ends it as `llamboctl shutdown` does, and waits for the orchestrator's end.
  func shutDown(grace: Int = 0) throws {
    let client = try Client(address)
    #expect(try client.ask("SHUTDOWN {\"grace_ms\":\(grace)}").kind == .ok)
    #expect(try program.waitForEnd(within: 60) == .status(0))
  }
}

/// A cluster's answer to `STATUS`.
struct ClusterStatus {
  let nodes: [String: Int]
  let nodesLost: Int
  let busy: Int
  let waiting: Int
  let tokens: Int
  let requests: [String: Int]

  init(_ body: JSON) {
    func numbers(_ name: String) -> [String: Int] {
      let members = body[name]?.object ?? []
      return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value.integer ?? -1) })
    }
    nodes = numbers("nodes")
    requests = numbers("requests")
    nodesLost = body["nodes_lost"]?.integer ?? -1
    busy = body["slots"]?["busy"]?.integer ?? -1
    waiting = body["queue"]?["waiting"]?.integer ?? -1
    tokens = body["tokens"]?.integer ?? -1
  }

  /// Whether the states' counts add up to the total.
  var isConsistent: Bool {
    nodes.filter { $0.key != "total" }.values.reduce(0, +) == nodes["total"]
  }
}

/// One entry of an answer to `NODES`.
struct NodeStatus {
  let name: String
  let state: String
  let pid: pid_t?
  let busy: Int
  let requests: Int
  let restarts: Int
  /// The address of its own port.
  let listen: String

  /// - Parameter line: an answer to `NODES`.
  static func list(_ line: LineClient.Line) -> [NodeStatus] {
    (line.body["nodes"]?.array ?? []).map(NodeStatus.init)
  }

  init(_ body: JSON) {
    listen = body["listen"]?.string ?? ""
    name = body["node"]?.string ?? ""
    state = body["state"]?.string ?? ""
    pid = body["pid"]?.integer.map { pid_t($0) }
    busy = body["busy"]?.integer ?? -1
    requests = body["requests"]?.integer ?? -1
    restarts = body["restarts"]?.integer ?? -1
  }
}
