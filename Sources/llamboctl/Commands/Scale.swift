import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboJSON
import LlamboWire

extension Command {
  static let scale = Command(
    definition: CommandDefinition(
      "scale", "Set how many nodes of a type the cluster has.",
      arguments: [ArgumentDefinition("N", "The number of nodes.", range: 0...ConfigLimits.nodes)],
      options: [
        OptionDefinition(
          "--type", "-t", .text("TYPE"), "A node type of the configuration.", default: "tiny"),
        OptionDefinition(
          "--timeout", nil, .integer("SECONDS", 1...86_400),
          "How long to wait until new nodes are healthy.", default: "300"),
        OptionDefinition("--no-wait", nil, .flag, "Do not wait until they are healthy."), .json,
      ],
      examples: [
        CommandExample("llamboctl scale 5 --type tiny", "Five of them: some come or some go.")
      ]),
    run: { (arguments) throws(ControlError) in
      let count = Int(arguments.positionals[0])!
      let client = try ClusterAccess(arguments).connect()
      let type = arguments.text("--type")
      let answer = try client.ask(
        .scale, ["type": .string(type), "count": .integer(Int64(count))])
      let started = (answer["started"]?.array ?? []).compactMap(\.string)
      let drained = (answer["drained"]?.array ?? []).compactMap(\.string)
      if !started.isEmpty, !arguments.flag("--no-wait") {
        try Waiting.untilHealthy(
          started, client, within: Int64(arguments.integer("--timeout")) * 1000)
      }
      if arguments.flag("--json") {
        print(answer)
        return .ok
      }
      var changes: [String] = []
      if !started.isEmpty { changes.append("started \(span(started))") }
      if !drained.isEmpty { changes.append("\(listed(drained)) leaving when done") }
      let what = changes.isEmpty ? "as it was" : changes.joined(separator: ", ")
      print("Type \(type) has \(count) \(count == 1 ? "node" : "nodes"): \(what).")
      return .ok
    })
}

/// Names as a person reads them: one, or the first and the last.
func span(_ names: [String]) -> String {
  let sorted = names.sorted()
  return sorted.count > 1 ? "\(sorted[0]) to \(sorted[sorted.count - 1])" : sorted.joined()
}

/// Names as a person reads them, where they need not follow one another.
private func listed(_ names: [String]) -> String {
  names.count > 5 ? "\(names.count) nodes" : names.sorted().joined(separator: ", ")
}
