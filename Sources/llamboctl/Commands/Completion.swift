import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboJSON
import LlamboWire

extension Command {
  static let completion = Command(
    definition: CommandDefinition(
      "completion", "Print a script that has a shell complete llamboctl's command line.",
      arguments: [
        ArgumentDefinition(
          "SHELL", "The shell that reads it.", .optional, choices: Shell.allCases.map(\.rawValue))
      ],
      options: [
        OptionDefinition(
          "--words", nil, .choice("KIND", Lookup.allCases.map(\.rawValue)),
          "Print the names that such a script offers, or nothing where they cannot be known.")
      ],
      examples: [
        CommandExample("source <(llamboctl completion bash)", "For this bash; zsh is the same."),
        CommandExample("llamboctl completion fish | source", "For this fish."),
        CommandExample(
          "llamboctl completion fish > ~/.config/fish/completions/llamboctl.fish",
          "For every fish."),
      ]),
    run: { (arguments) throws(ControlError) in
      if let words = arguments.text(ifGiven: "--words").flatMap(Lookup.init) {
        for name in words.names(ClusterAccess(arguments)) { print(name) }
      } else if let shell = arguments.positionals.first.flatMap(Shell.init) {
        print(Command.program.completionScript(for: shell), terminator: "")
      } else {
        throw ControlError(
          "SHELL is missing; write llamboctl completion bash, zsh or fish", .usage)
      }
      return .ok
    })

  /// The words behind a value's name that only a configuration, a folder or a running cluster knows.
  static let lookups = [
    "TYPE": Lookup.types.line, "NODE": Lookup.nodes.line, "ID": Lookup.nodes.line,
    "MODEL": Lookup.models.line,
  ]
}

/// Names that a shell may offer. What goes wrong is no concern of somebody who presses Tab.
enum Lookup: String, CaseIterable {
  case types, nodes, models

  /// Milliseconds that Tab may hang on an orchestrator.
  private static let patience: Int64 = 500

  var line: [String] { ["completion", "--words", rawValue] }

  /// The names that a line of these words prints.
  static func names(_ line: [String], _ access: ClusterAccess) -> [String] {
    allCases.first { $0.line == line }?.names(access) ?? []
  }

  func names(_ access: ClusterAccess) -> [String] {
    switch self {
    case .types: (try? access.config())?.nodeTypes.map(\.name) ?? []
    case .nodes: nodes(access).filter(Frame.isID)
    case .models: (try? ModelFolder(beside: access.configPath).entries())?.map(\.name) ?? []
    }
  }

  private func nodes(_ access: ClusterAccess) -> [String] {
    guard let address = try? access.address(),
      let client = try? LineClient(to: address, timeout: Self.patience),
      let answer = try? client.ask(.nodes, timeout: Self.patience)
    else { return [] }
    return (answer["nodes"]?.array ?? []).compactMap { $0["node"]?.string }
  }
}
