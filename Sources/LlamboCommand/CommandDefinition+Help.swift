extension CommandDefinition {
  /// What `--help` prints: usage, summary, arguments, commands, options and examples.
  ///
  /// - Parameters:
  ///   - path: the subcommand's names below the program's; must exist.
  ///   - width: columns to wrap at; less than 40 counts as 40.
  package func helpText(path: [String] = [], width: Int = 80) -> String {
    guard let command = command(at: path) else {
      preconditionFailure("\(name) has no command \(path.joined(separator: " "))")
    }
    var inherited: [OptionDefinition] = []
    for depth in path.indices {
      inherited += self.command(at: Array(path[..<depth]))!.options.filter(\.isInherited)
    }
    return HelpPage(
      command: command, words: ([name] + path).joined(separator: " "), inherited: inherited,
      isProgram: path.isEmpty, width: max(40, width)
    ).text
  }

  /// How the command is written: `llamboctl nodes list [OPTION]…`.
  ///
  /// - Parameter words: the program's name and the subcommands' down to this one.
  package func usage(words: String) -> String {
    var parts = [words]
    parts += options.filter(\.isRequired).map(\.usage)
    parts.append("[OPTION]…")
    if needsSubcommand {
      parts.append("COMMAND")
    } else if !subcommands.isEmpty {
      parts.append("[COMMAND]")
    }
    parts += arguments.map(\.usage)
    return parts.joined(separator: " ")
  }
}

extension ArgumentDefinition {
  /// `NAME`, `[NAME]`, `NAME…` or `[NAME]…`.
  package var usage: String {
    switch arity {
    case .one: name
    case .optional: "[\(name)]"
    case .some: "\(name)…"
    case .any: "[\(name)]…"
    }
  }

  /// The help sentence with what it must be.
  package var fullHelp: String { requirement.map { "\(help) (\($0))" } ?? help }
}

extension OptionDefinition {
  /// `--count N`, or the name alone for a flag.
  package var usage: String {
    valueName.map { "\(long) \($0)" } ?? long
  }

  /// The help sentence with what the value must be, its default and its variable.
  package var fullHelp: String {
    var facts: [String] = []
    if let requirement { facts.append(requirement) }
    if isRequired { facts.append("required") }
    if isRepeatable { facts.append("may be repeated") }
    if let defaultText { facts.append("default \(defaultText)") }
    if let environment { facts.append("or from $\(environment)") }
    return facts.isEmpty ? help : "\(help) (\(facts.joined(separator: "; ")))"
  }
}

private struct HelpPage {
  let command: CommandDefinition
  let words: String
  let inherited: [OptionDefinition]
  let isProgram: Bool
  let width: Int

  var text: String {
    var sections = ["Usage: \(command.usage(words: words))\n", wrapped(command.summary, indent: 0)]
    let arguments = command.arguments.map { ($0.usage, $0.fullHelp) }
    if !arguments.isEmpty { sections.append("Arguments:\n" + table(arguments)) }
    let commands = command.subcommands.map { ($0.name, $0.summary) }
    if !commands.isEmpty { sections.append("Commands:\n" + table(commands)) }
    sections.append("Options:\n" + table(options))
    if !command.examples.isEmpty {
      let examples = command.examples.map {
        "  \($0.line)\n" + wrapped($0.meaning, indent: 6)
      }
      sections.append("Examples:\n" + examples.joined())
    }
    return sections.joined(separator: "\n")
  }

  private var options: [(String, String)] {
    var rows = (command.options + inherited).map { option in
      ("\(option.short.map { "\($0), " } ?? "    ")\(option.usage)", option.fullHelp)
    }
    rows.append(("-h, --help", "Show this help"))
    if isProgram, !command.options.contains(where: { $0.long == "--version" }) {
      rows.append(("    --version", "Show the version"))
    }
    if isProgram { rows += CommandDefinition.pages.map { ("    \($0)", $1) } }
    return rows
  }

  /// Two columns; a name too long for the first stands on a line of its own.
  private func table(_ rows: [(name: String, text: String)]) -> String {
    let longest = rows.map(\.name.count).max() ?? 0
    let column = min(longest, width / 3) + 4
    var text = ""
    for row in rows {
      let help = wrapped(row.text, indent: column)
      let room = column - 2 - row.name.count
      if room >= 2 {
        text += "  " + row.name + spaces(room) + help.drop { $0 == " " }
      } else {
        text += "  " + row.name + "\n" + help
      }
    }
    return text
  }

  /// Lines of at most `width` columns, but for longer words, each indented and ended.
  private func wrapped(_ text: String, indent: Int) -> String {
    var lines = ""
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + line.count + 1 + word.count > width {
        lines += spaces(indent) + line + "\n"
        line = ""
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    return lines + spaces(indent) + line + "\n"
  }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
