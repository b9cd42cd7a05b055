import LlamboCommand
import LlamboJSON
import LlamboWire

extension Command {
  static let nodes = Command(
    definition: CommandDefinition("nodes", "Look at the cluster's nodes, and take some away."),
    subcommands: [
      Command(
        definition: CommandDefinition(
          "list", "List the nodes.", options: [.json],
          examples: [CommandExample("llamboctl nodes list", "A line for each node.")]),
        run: { (arguments) throws(ControlError) in
          let nodes = try ClusterAccess(arguments).connect().ask(.nodes)["nodes"] ?? []
          print(
            arguments.flag("--json") ? "\(nodes)\n" : nodeTable(nodes.array ?? []),
            terminator: "")
          return .ok
        }),
      drainNode, stopNode,
    ])
}

private func nodeTable(_ nodes: [JSON]) -> String {
  func text(_ node: JSON, _ name: String) -> String {
    node[name]?.string ?? node[name]?.integer.map(String.init) ?? "-"
  }
  let head = [
    "NODE", "TYPE", "STATE", "BUSY", "REQUESTS", "TOKENS", "RESTARTS", "PID", "ADDRESS",
  ]
  let rows = nodes.map { node in
    [
      text(node, "node"), text(node, "type"), text(node, "state"),
      "\(text(node, "busy"))/\(text(node, "slots"))", text(node, "requests"),
      text(node, "tokens"), text(node, "restarts"), text(node, "pid"), text(node, "listen"),
    ]
  }
  return Terminal.fittingTable(
    [head] + rows, rightAligned: [3, 4, 5, 6, 7], keeping: 5, width: Terminal.width)
}
