import LlamboCommand
import LlamboConfig
import LlamboJSON
import LlamboWire

extension Command {
  static let cluster = Command(
    definition: CommandDefinition("cluster", "Look at the cluster as a whole."),
    subcommands: [
      Command(
        definition: CommandDefinition(
          "info", "Say where the cluster is and what it consists of.", options: [.json],
          examples: [CommandExample("llamboctl cluster info", "A line for each node type.")]),
        run: { (arguments) throws(ControlError) in
          let access = ClusterAccess(arguments)
          let client = try access.connect()
          let status = try client.ask(.status)
          let nodes = try client.ask(.nodes)["nodes"]?.array ?? []
          guard !arguments.flag("--json") else {
            print(JSON.object([.init("status", status), .init("nodes", .array(nodes))]))
            return .ok
          }
          print(clusterText(status, access), terminator: "")
          if !nodes.isEmpty { print("\n" + typeTable(nodes), terminator: "") }
          return .ok
        })
    ])
}

/// How a cluster introduces itself to a person who comes to talk with it.
func clusterGreeting(_ status: JSON) -> String {
  let counts = NodeCounts(status)
  let name = Terminal.harmless(status["cluster"]?.string ?? "?")
  return "Cluster \(name), \(counts.healthy) of \(counts.total) nodes healthy."
}

private func clusterText(_ status: JSON, _ access: ClusterAccess) -> String {
  var rows = [
    ["Cluster", status["cluster"]?.string ?? "?"],
    ["Orchestrator", "\(status["listen"]?.string ?? "?"), process \(status["pid"]?.integer ?? 0)"],
    ["Strategy", status["strategy"]?.string ?? "?"],
  ]
  if let context = status["context_size"]?.integer {
    rows.append(["Context", "\(Terminal.grouped(context)) tokens of prompt and answer, or more"])
  }
  if !access.isElsewhere, let config = try? access.config() {
    rows.append(["Configuration", access.configPath])
    rows.append(["State file", config.stateFile])
  }
  return Terminal.table(rows)
}

private func typeTable(_ nodes: [JSON]) -> String {
  var rows = [["TYPE", "NODES", "HEALTHY", "BUSY", "REQUESTS", "TOKENS", "MODEL"]]
  func sum(_ nodes: [JSON], _ name: String) -> Int {
    nodes.reduce(0) { $0 + ($1[name]?.integer ?? 0) }
  }
  for (type, nodes) in Dictionary(grouping: nodes, by: { $0["type"]?.string ?? "-" })
    .sorted(by: { $0.key < $1.key })
  {
    let models = Set(nodes.compactMap { $0["model"]?.string }).sorted()
    rows.append([
      type, "\(nodes.count)", "\(nodes.count { $0["state"] == "healthy" })",
      "\(sum(nodes, "busy"))/\(sum(nodes, "slots"))", "\(sum(nodes, "requests"))",
      "\(sum(nodes, "tokens"))", models.isEmpty ? "-" : models.joined(separator: ", "),
    ])
  }
  return Terminal.table(rows, rightAligned: [1, 2, 3, 4, 5])
}
