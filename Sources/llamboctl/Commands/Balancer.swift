import LlamboCluster
import LlamboCommand
import LlamboIO
import LlamboJSON
import LlamboWire

extension Command {
  static let balancer = Command(
    definition: CommandDefinition(
      "balancer", "Show how requests are spread over the nodes, or spread them another way.",
      options: [
        OptionDefinition(
          "--strategy", "-s", .choice("STRATEGY", Strategy.allCases.map(\.rawValue)),
          "Choose nodes this way from now on, until the next reload or restart."),
        .json,
      ],
      examples: [
        CommandExample("llamboctl balancer stats", "What each type and node was given."),
        CommandExample("llamboctl balancer --strategy random", "Another strategy, at once."),
      ]),
    run: { (arguments) throws(ControlError) in
      try show(arguments, strategy: arguments.text(ifGiven: "--strategy"))
    },
    subcommands: [
      Command(
        definition: CommandDefinition(
          "stats", "Show what each type and node was given.", options: [.json],
          examples: [CommandExample("llamboctl balancer stats", "Tables of types and nodes.")]),
        run: { (arguments) throws(ControlError) in try show(arguments, strategy: nil) })
    ])

  private static func show(
    _ arguments: Arguments, strategy: String?
  ) throws(ControlError) -> Program.Status {
    let body = strategy.map { JSON.object([.init("strategy", .string($0))]) }
    let answer = try ClusterAccess(arguments).connect().ask(.balancer, body)
    if arguments.flag("--json") {
      print(answer)
    } else if strategy != nil {
      print("The strategy is \(text(answer, "strategy")), \(text(answer, "note")).")
    } else {
      print(balancerText(answer), terminator: "")
    }
    return .ok
  }
}

private func text(_ body: JSON, _ name: String) -> String {
  body[name]?.string ?? body[name]?.integer.map(Terminal.grouped) ?? "-"
}

private func counted(_ body: JSON, _ name: String, _ one: String, _ more: String) -> String {
  "\(text(body, name)) \(body[name]?.integer == 1 ? one : more)"
}

private func balancerText(_ body: JSON) -> String {
  var head = Terminal.styled("Strategy \(text(body, "strategy"))", .bold)
  if text(body, "strategy") != text(body, "configured") {
    head += ", until the next reload or restart (configured: \(text(body, "configured")))"
  }
  let sums =
    "\(counted(body, "picks", "pick", "picks")), "
    + "\(counted(body, "requests", "request", "requests")) finished, "
    + "\(text(body, "busy")) of \(text(body, "slots")) slots busy, "
    + "\(text(body, "waiting")) waiting"
  func row(_ part: JSON, _ names: [String]) -> [String] {
    names.map { text(part, $0) } + [
      "\(text(part, "busy"))/\(text(part, "slots"))", text(part, "picks"),
      text(part, "requests"), percent(part["share"]?.number ?? 0),
    ]
  }
  let types =
    [["TYPE", "NODES", "BUSY", "PICKS", "REQUESTS", "SHARE"]]
    + (body["types"]?.array ?? []).map { row($0, ["type", "nodes"]) }
  let nodes =
    [["NODE", "TYPE", "STATE", "BUSY", "PICKS", "REQUESTS", "SHARE"]]
    + (body["nodes"]?.array ?? []).map { row($0, ["node", "type", "state"]) }
  return "\(head)\n\(sums)\n\n"
    + Terminal.table(types, rightAligned: [1, 2, 3, 4, 5]) + "\n"
    + Terminal.table(nodes, rightAligned: [3, 4, 5, 6])
}

/// A share as percent with one digit behind the point.
private func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
