import LlamboCommand
import LlamboJSON
import LlamboWire

extension Command {
  static let spawn = Command(
    definition: CommandDefinition(
      "spawn", "Add workers to the running cluster.",
      options: [
        OptionDefinition(
          "--count", "-n", .integer("N", 1...100_000), "How many.", default: "1"),
        OptionDefinition(
          "--type", "-t", .text("TYPE"), "A node type of the configuration.", default: "tiny"),
        OptionDefinition(
          "--timeout", nil, .integer("SECONDS", 1...86_400),
          "How long to wait until they are healthy.", default: "300"),
        OptionDefinition("--no-wait", nil, .flag, "Do not wait until they are healthy."), .json,
      ],
      examples: [
        CommandExample("llamboctl spawn --count 10 --type tiny", "Add ten workers.")
      ]),
    run: { (arguments) throws(ControlError) in
      let client = try ClusterAccess(arguments).connect()
      let type = arguments.text("--type")
      let answer = try client.ask(
        .spawn,
        ["type": .string(type), "count": .integer(Int64(arguments.integer("--count")))])
      let names = (answer["nodes"]?.array ?? []).compactMap(\.string)
      let span = names.count > 1 ? "\(names[0]) to \(names[names.count - 1])" : names.joined()
      if arguments.flag("--json") {
        if !arguments.flag("--no-wait") {
          _ = try Waiting.untilHealthy(
            client, within: Int64(arguments.integer("--timeout")) * 1000)
        }
        print(answer)
        return .ok
      }
      guard !arguments.flag("--no-wait") else {
        print("Starting \(names.count) of type \(type): \(span).")
        return .ok
      }
      let counts = try Waiting.untilHealthy(
        client, within: Int64(arguments.integer("--timeout")) * 1000)
      print(
        "Spawned \(names.count) of type \(type): \(span). "
          + "The cluster has \(counts.total) nodes, all healthy.")
      return .ok
    })
}
