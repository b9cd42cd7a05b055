import LlamboCommand
import LlamboConfig
import LlamboJSON
import LlamboWire

extension Command {
  static let spawn = Command(
    definition: CommandDefinition(
      "spawn", "Add workers to the running cluster.",
      options: [
        OptionDefinition(
          "--count", "-n", .integer("N", 1...ConfigLimits.nodes), "How many.", default: "1"),
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
      var total: Int?
      if !arguments.flag("--no-wait") {
        try Waiting.untilHealthy(
          names, client, within: Int64(arguments.integer("--timeout")) * 1000)
        total = NodeCounts(try client.ask(.status)).total
      }
      if arguments.flag("--json") {
        print(answer)
      } else if let total {
        print(
          "Spawned \(names.count) of type \(type): \(span(names)). "
            + "The cluster has \(total) nodes.")
      } else {
        print("Starting \(names.count) of type \(type): \(span(names)).")
      }
      return .ok
    })
}
