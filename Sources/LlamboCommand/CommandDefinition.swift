/// A program or one of its subcommands, as data: parsing, help, shell completion and manual
/// pages are all made from this one value.
package struct CommandDefinition: Sendable, Hashable {
  /// The word that selects the command; of the outermost one, the program's name.
  package var name: String
  /// One sentence: what the command does.
  package var summary: String
  /// What stands without a leading dash, in order. Only the last may repeat.
  package var arguments: [ArgumentDefinition]
  package var options: [OptionDefinition]
  /// Groups of long option names of which at most one may be given.
  package var exclusive: [[String]]
  package var examples: [CommandExample]
  package var subcommands: [CommandDefinition]
  /// The command does nothing by itself: one of its subcommands must be named.
  package var needsSubcommand: Bool
  /// Words that only the program itself can tell, such as the names of nodes: by the name of the
  /// value in help, the arguments with which the program prints them, one a line. For a shell's
  /// completion; only the outermost command's count.
  package var lookups: [String: [String]]

  package init(
    _ name: String, _ summary: String,
    arguments: [ArgumentDefinition] = [],
    options: [OptionDefinition] = [],
    exclusive: [[String]] = [],
    examples: [CommandExample] = [],
    subcommands: [CommandDefinition] = [],
    needsSubcommand: Bool = false,
    lookups: [String: [String]] = [:]
  ) {
    self.name = name
    self.summary = summary
    self.arguments = arguments
    self.options = options
    self.exclusive = exclusive
    self.examples = examples
    self.subcommands = subcommands
    self.needsSubcommand = needsSubcommand
    self.lookups = lookups
  }

  /// The subcommand at the end of `path`, whose words follow the program's name; nil where
  /// there is none.
  package func command(at path: [String]) -> CommandDefinition? {
    var command = self
    for word in path {
      guard let next = command.subcommands.first(where: { $0.name == word }) else { return nil }
      command = next
    }
    return command
  }

  /// What contradicts itself in this definition and those below it, one sentence each. Empty
  /// for a sound one; a program's tests hold it so.
  package var problems: [String] {
    problems(inherited: [])
  }

  private func problems(inherited: [OptionDefinition]) -> [String] {
    var found: [String] = []
    let all = inherited + options
    var names: Set<String> = ["--help", "-h"]
    for name in all.flatMap({ [$0.long] + ($0.short.map { [$0] } ?? []) })
    where !names.insert(name).inserted {
      found.append("\(self.name): \(name) is declared twice")
    }
    for option in options {
      found += option.problems.map { "\(name): \($0)" }
    }
    for name in exclusive.joined() where !all.contains(where: { $0.long == name }) {
      found.append("\(self.name): the exclusive option \(name) is not declared")
    }
    for argument in arguments.dropLast() where argument.arity != .one {
      found.append("\(name): only the last argument may be optional or repeat")
    }
    if needsSubcommand, subcommands.isEmpty || !arguments.isEmpty {
      found.append("\(name): needs a subcommand, yet has none or takes arguments")
    }
    var words: Set<String> = []
    for subcommand in subcommands {
      if !words.insert(subcommand.name).inserted {
        found.append("\(name): the command \(subcommand.name) is declared twice")
      }
      found += subcommand.problems(inherited: all.filter(\.isInherited))
        .map { "\(name) \($0)" }
    }
    return found
  }
}

/// One argument that stands without a leading dash.
package struct ArgumentDefinition: Sendable, Hashable {
  /// How often the argument stands.
  package enum Arity: Sendable, Hashable {
    case one
    case optional
    /// Once or more.
    case some
    /// Any number of times, also none.
    case any
  }

  /// As the usage line shows it: `PROMPT`.
  package var name: String
  package var help: String
  package var arity: Arity
  /// The words that it may be; empty for any text.
  package var choices: [String]
  /// The whole numbers that it may be; nil where it need be none.
  package var range: ClosedRange<Int>?
  /// A shell completes it as a file.
  package var isPath: Bool

  package init(
    _ name: String, _ help: String, _ arity: Arity = .one, choices: [String] = [],
    range: ClosedRange<Int>? = nil, isPath: Bool = false
  ) {
    self.name = name
    self.help = help
    self.arity = arity
    self.choices = choices
    self.range = range
    self.isPath = isPath
  }

  /// It may stand several times.
  package var repeats: Bool { arity == .some || arity == .any }

  /// What it must be, as an error says it after "must be"; nil where any text will do.
  var requirement: String? {
    if let range { return wholeNumber(in: range) }
    return choices.isEmpty ? nil : oneOf(choices)
  }

  func accepts(_ text: String) -> Bool {
    if let range { return Int(text).map(range.contains) ?? false }
    return choices.isEmpty || choices.contains(text)
  }
}

/// A whole command line and what it does.
package struct CommandExample: Sendable, Hashable {
  package var line: String
  package var meaning: String

  package init(_ line: String, _ meaning: String) {
    self.line = line
    self.meaning = meaning
  }
}
