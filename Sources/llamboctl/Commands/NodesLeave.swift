import LlamboCommand
import LlamboIO
import LlamboJSON
import LlamboWire

/// Nodes that are told to leave.
extension Command {
  private static let node = ArgumentDefinition("ID", "The node's name, as nodes list shows it.")

  static let drainNode = Command(
    definition: CommandDefinition(
      "drain", "Let a node finish its work, or hand it over, and stop it; nothing replaces it.",
      arguments: [node],
      options: [
        OptionDefinition(
          "--grace", nil, .integer("SECONDS", 0...86_400),
          "How long what runs may take before it moves to other nodes; the configuration's "
            + "drain_grace unless given."),
        OptionDefinition("--no-wait", nil, .flag, "Do not wait until it has stopped."), .json,
      ],
      examples: [CommandExample("llamboctl nodes drain worker-0003", "Take one node away.")]),
    run: { (arguments) throws(ControlError) in
      let grace = arguments.integer(ifGiven: "--grace").map { JSON.integer(Int64($0) * 1000) }
      return try leave(.drain, [.init("grace_ms", grace ?? .null)], "drains", arguments)
    })

  static let stopNode = Command(
    definition: CommandDefinition(
      "stop", "Stop a node at once; what it runs goes on elsewhere, and nothing replaces it.",
      arguments: [node],
      options: [
        OptionDefinition("--no-wait", nil, .flag, "Do not wait until it has stopped."), .json,
      ],
      examples: [CommandExample("llamboctl nodes stop worker-0003", "Take one away at once.")]),
    run: { (arguments) throws(ControlError) in try leave(.stop, [], "stops", arguments) })

  private static func leave(
    _ verb: Verb, _ fields: [JSON.Member], _ does: String, _ arguments: Arguments
  ) throws(ControlError) -> Program.Status {
    let client = try ClusterAccess(arguments).connect()
    let id = arguments.positionals[0]
    let answer = try client.ask(verb, .object([.init("node", .string(id))] + fields))
    let left = answer["count"]?.integer ?? 0
    let type = answer["type"]?.string ?? "?"
    if arguments.flag("--no-wait") {
      print(
        arguments.flag("--json")
          ? "\(answer)" : "\(id) \(does); \(counted(left)) of type \(type) will be left.")
      return .ok
    }
    var progress = Progress()
    defer { progress.clear() }
    // It ends when its grace does, and the orchestrator sees to that.
    _ = try Waiting.until(within: .max / 2) { () throws(ControlError) in
      let nodes = try client.ask(.nodes)["nodes"]?.array ?? []
      guard let node = nodes.first(where: { $0["node"]?.string == id }) else { return true }
      progress.show("\(id) \(does): \(node["busy"]?.integer ?? 0) requests left")
      return false
    }
    progress.clear()
    print(
      arguments.flag("--json")
        ? "\(answer.with("state", .string("gone")))"
        : "\(id) has stopped; \(counted(left)) of type \(type) left.")
    return .ok
  }

  private static func counted(_ nodes: Int) -> String {
    nodes == 1 ? "1 node" : "\(nodes) nodes"
  }
}

extension JSON {
  /// The object with another value for one of its members.
  fileprivate func with(_ name: String, _ value: JSON) -> JSON {
    .object((object ?? []).map { $0.name == name ? .init(name, value) : $0 })
  }
}
