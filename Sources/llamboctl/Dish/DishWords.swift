import LlamboCommand

/// What dish understands: the commands of `llamboctl`, and a few words of its own.
enum DishWords {
  static let help = "help"
  static let ends = ["exit", "quit"]

  /// The commands that can be given, as data: those of `llamboctl`, whichever there are, but for
  /// dish itself, and `ask`.
  static let program: CommandDefinition = {
    var program = Command.program
    program.subcommands.removeAll { $0.name == "dish" }
    if var ask = program.command(at: ["infer"]) {
      ask.name = "ask"
      ask.summary = "The same as infer."
      program.subcommands.append(ask)
    }
    return program
  }()

  /// The words as `llamboctl` has them: `ask` is `infer`, and `nodes` alone lists them.
  static func resolved(_ words: [String]) -> [String] {
    switch words.first {
    case "ask": ["infer"] + words.dropFirst()
    case "nodes" where words.count == 1 || words[1] == "--json":
      ["nodes", "list"] + words.dropFirst()
    default: words
    }
  }

  /// What `help` shows.
  ///
  /// - Parameter width: the terminal's; nil for lines of any length.
  static func helpText(width: Int?) -> String {
    var rows = program.subcommands.map { ("  \($0.name)", $0.summary) }
    rows.append(("  \(help)", "This list; help COMMAND tells of one."))
    rows.append(("  \(ends.joined(separator: ", "))", "Leave; so does Ctrl-D."))
    let rest =
      "The text behind infer, ask and limbot needs no quotes; options stand before it. "
      + "Ctrl-C stops what runs."
    return Terminal.glossary(rows, width: width) + "\n"
      + Terminal.hanging(rest, by: 0, width: width) + "\n"
  }
}
