/// A shell that completes the programs' command lines.
package enum Shell: String, CaseIterable, Sendable {
  case bash, zsh, fish
}

extension CommandDefinition {
  /// A script that has a shell complete this program's command line: commands, options, and the
  /// values that can be known. It runs the program only for `lookups`.
  package func completionScript(for shell: Shell) -> String {
    switch shell {
    case .bash: BashCompletion(program: self).script
    case .zsh: ZshCompletion(program: self).script
    case .fish: FishCompletion(program: self).script
    }
  }
}

/// What a shell offers where a value is to stand.
package enum ValueOffer: Equatable {
  case nothing
  case files
  case words([String])
  /// What the program prints when it is called with these arguments.
  case lookup([String])
}

extension CommandDefinition {
  package func offer(for option: OptionDefinition) -> ValueOffer {
    switch option.value {
    case .choice(_, let words): .words(words)
    case .path: .files
    case .flag: .nothing
    case .text(let name): lookups[name].map { .lookup($0) } ?? .nothing
    case .integer, .number: .nothing
    }
  }

  package func offer(for argument: ArgumentDefinition) -> ValueOffer {
    if !argument.choices.isEmpty { return .words(argument.choices) }
    if argument.isPath { return .files }
    return lookups[argument.name].map { .lookup($0) } ?? .nothing
  }

  /// Options by which a lookup finds what the line is about.
  var optionsOfLookups: [OptionDefinition] {
    options.filter { $0.isInherited && $0.value != .flag }
  }

  /// The options that may stand more than once, between spaces.
  var repeatableNames: String {
    " " + places.flatMap(\.command.options).filter(\.isRepeatable).map { $0.long + " " }.joined()
  }

  /// The program's name as a part of a shell function's.
  var functionName: String { "_" + name.map { $0 == "-" ? "_" : String($0) }.joined() }
}

extension OptionDefinition {
  /// Its long and its short name.
  var names: [String] { [long] + (short.map { [$0] } ?? []) }
}

extension CommandPlace {
  /// The options that a shell offers here, with what they mean.
  var offeredOptions: [(names: [String], meaning: String)] {
    var offered = options.map { (names: $0.names, meaning: $0.help) }
    offered.append((["--help", "-h"], "Show this help."))
    if isProgram, !options.contains(where: { $0.long == "--version" }) {
      offered.append((["--version"], "Show the version."))
    }
    return offered
  }

  /// The commands that a shell offers here, with what they mean.
  var offeredCommands: [(name: String, meaning: String)] {
    let commands = command.subcommands.map { (name: $0.name, meaning: $0.summary) }
    return takesHelp ? commands + [("help", "Show the help of a command.")] : commands
  }
}

/// A sentence without its full stop, as lists of offers have it.
func withoutStop(_ sentence: String) -> String {
  sentence.last == "." ? String(sentence.dropLast()) : sentence
}
