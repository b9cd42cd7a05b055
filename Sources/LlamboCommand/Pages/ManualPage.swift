extension CommandDefinition {
  /// The program's manual page, for section 1, in the `man` macros of troff.
  ///
  /// - Parameter related: other programs, for "See also".
  package func manualPage(version: String, related: [String] = []) -> String {
    var page = ManualPage()
    page.macro("TH", [name.uppercased(), "1", "", "Llambo \(version)", "Llambo"])
    page.macro("SH", ["NAME"])
    page.line("\(page.text(name)) \\- \(page.text(withoutStop(summary)))")
    page.macro("SH", ["SYNOPSIS"])
    for place in places where place.runs {
      page.synopsis(place.command.usage(words: place.name), of: place.name)
    }
    page.macro("SH", ["DESCRIPTION"])
    page.prose(summary)
    page.arguments(of: self)
    page.macro("SH", ["OPTIONS"])
    page.options(options, isProgram: true)
    if !subcommands.isEmpty {
      page.macro("SH", ["COMMANDS"])
      if !options.filter(\.isInherited).isEmpty {
        let names = options.filter(\.isInherited).map(\.long)
        page.prose("Each command also takes \(names.joined(separator: ", ")) and --help.")
      }
      for place in places.dropFirst() where place.runs || !place.command.options.isEmpty {
        page.command(place)
      }
    }
    page.variables(places)
    page.macro("SH", ["EXIT STATUS"])
    for (status, meaning) in Program.exitStatuses { page.item("\(status)", meaning) }
    page.macro("SH", ["EXAMPLES"])
    for place in places { page.examples(of: place.command) }
    let others = related.filter { $0 != name }
    if !others.isEmpty {
      page.macro("SH", ["SEE ALSO"])
      page.line(others.map { "\\fB\(page.text($0))\\fP(1)" }.joined(separator: ",\n"))
    }
    return page.lines.joined(separator: "\n") + "\n"
  }
}

/// The lines of a manual page.
private struct ManualPage {
  private(set) var lines: [String] = []

  mutating func macro(_ name: String, _ words: [String] = []) {
    let quoted = words.map { "\"\(text($0).replacing("\"", with: "\\(dq"))\"" }
    lines.append(([".\(name)"] + quoted).joined(separator: " "))
  }

  mutating func line(_ line: String) { lines.append(line) }

  mutating func prose(_ sentence: String) { lines.append(protected(text(sentence))) }

  /// A usage line: what is typed as it stands is bold.
  mutating func synopsis(_ usage: String, of name: String) {
    macro("PP")
    lines.append("\\fB\(text(name))\\fP\(text(String(usage.dropFirst(name.count))))")
  }

  /// A word with what it means, indented under it.
  mutating func item(_ name: String, _ meaning: String) {
    macro("TP")
    lines.append("\\fB\(text(name))\\fP")
    prose(meaning)
  }

  mutating func arguments(of command: CommandDefinition) {
    for argument in command.arguments { item(argument.usage, argument.fullHelp) }
  }

  mutating func options(_ options: [OptionDefinition], isProgram: Bool = false) {
    for option in options {
      item((option.short.map { "\($0), " } ?? "") + option.usage, option.fullHelp)
    }
    guard isProgram else { return }
    item("-h, --help", "Show help, also of a command, and end.")
    if !options.contains(where: { $0.long == "--version" }) {
      item("--version", "Show the version and end.")
    }
    for (page, meaning) in CommandDefinition.pages { item(page, "\(meaning) and end.") }
  }

  mutating func command(_ place: CommandPlace) {
    macro("SS", [place.words.dropFirst().joined(separator: " ")])
    prose(place.command.summary)
    arguments(of: place.command)
    options(place.command.options)
  }

  mutating func variables(_ places: [CommandPlace]) {
    var seen: Set<String> = []
    for option in places.flatMap(\.command.options) {
      guard let variable = option.environment, seen.insert(variable).inserted else { continue }
      if seen.count == 1 { macro("SH", ["ENVIRONMENT"]) }
      item(variable, "The value of \(option.long) where the command line gives none.")
    }
  }

  mutating func examples(of command: CommandDefinition) {
    for example in command.examples {
      macro("PP")
      prose(example.meaning)
      macro("PP")
      macro("nf")
      macro("RS")
      lines.append(protected(text(example.line)))
      macro("RE")
      macro("fi")
    }
  }

  /// Text in which troff sees nothing to do. Hyphens stay as they are typed, and letters beyond
  /// ASCII get through whatever encoding the reader's troff takes.
  func text(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "'": escaped += "\\(aq"
      case "`": escaped += "\\(ga"
      case "^": escaped += "\\(ha"
      case "~": escaped += "\\(ti"
      case "\n", "\t": escaped += " "
      case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        escaped += "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
      }
    }
    return escaped
  }

  /// A line that begins with a full stop would be taken for a macro.
  private func protected(_ line: String) -> String { line.hasPrefix(".") ? "\\&" + line : line }
}
