import LlamboCommand
import LlamboJSON
import LlamboWire

extension OptionDefinition {
  static let json = OptionDefinition("--json", nil, .flag, "Print JSON.")
}

extension Command {
  static let status = Command(
    definition: CommandDefinition(
      "status", "Show how the cluster is.", options: [.json],
      examples: [CommandExample("llamboctl status --json", "The same, for a program.")]),
    run: { (arguments) throws(ControlError) in
      let status = try ClusterAccess(arguments).connect().ask(.status)
      print(arguments.flag("--json") ? "\(status)" : statusText(status))
      return .ok
    })
}

/// What `STATUS` says, for people.
func statusText(_ status: JSON) -> String {
  func number(_ group: String, _ name: String) -> Int { status[group]?[name]?.integer ?? 0 }
  func text(_ name: String) -> String { status[name]?.string ?? "?" }
  func counted(_ group: String, _ names: [String]) -> String {
    names.map { "\(Terminal.grouped(number(group, $0))) \($0)" }.joined(separator: ", ")
  }

  let others = ["starting", "waiting", "unlinked", "stopping"].filter { number("nodes", $0) > 0 }
  var nodes = "\(number("nodes", "healthy")) healthy of \(number("nodes", "total"))"
  if !others.isEmpty { nodes += ": " + counted("nodes", others) }
  let lost = status["nodes_lost"]?.integer ?? 0
  if lost > 0 { nodes += " (\(lost) lost and replaced so far)" }

  let limits =
    switch text("limits") {
    case "none": "none: no node type names cpu or memory"
    case "rlimit": "rlimit holds workers to their memory, niceness shares the cpu"
    case let kind: "\(kind) holds workers to their cpu and memory"
    }

  let uptime = Terminal.duration(status["uptime"]?.number ?? 0)
  let rows = [
    ["Nodes", nodes],
    ["Slots", "\(number("slots", "busy")) busy of \(number("slots", "total"))"],
    ["Queue", "\(number("queue", "waiting")) waiting, room for \(number("queue", "limit"))"],
    ["Requests", counted("requests", ["finished", "failed", "cancelled", "retried"])],
    ["Tokens", Terminal.grouped(status["tokens"]?.integer ?? 0)],
    ["Limits", limits],
  ]
  let draining = status["draining"]?.bool == true ? ", shutting down" : ""
  let head = Terminal.styled("Cluster \(text("cluster"))", .bold)
  return "\(head) on \(text("listen")), \(text("strategy")), up \(uptime)\(draining)\n"
    + String(Terminal.table(rows).dropLast())
}
