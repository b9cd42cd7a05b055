func isHelp(_ word: String) -> Bool { word == "--help" || word == "-h" }

/// One pass over a command line.
struct CommandParser {
  let programName: String
  var command: CommandDefinition
  /// Those of the command and what it inherits.
  var options: [OptionDefinition]
  var rest: ArraySlice<String>
  var path: [String] = []
  var arguments = Arguments()

  init(program: CommandDefinition, words: [String]) {
    programName = program.name
    command = program
    options = program.options
    rest = words[...]
    for option in options { arguments.declare(option) }
  }

  func result(_ action: ParsedCommand.Action) -> ParsedCommand {
    ParsedCommand(action: action, path: path, arguments: arguments)
  }

  mutating func parse(
    environment: (String) -> String?
  ) throws(UsageError) -> ParsedCommand {
    while let word = rest.popFirst() {
      if word == "--" {
        while let word = rest.popFirst() { try take(argument: word) }
      } else if isHelp(word) {
        return result(.help)
      } else if word == "--version", option(named: word) == nil {
        return result(.version)
      } else if word.hasPrefix("--") {
        try take(long: word)
      } else if isNegativeArgument(word) {
        try take(argument: word)
      } else if word.hasPrefix("-"), word != "-" {
        try take(short: word)
      } else if try take(command: word) {
        return result(.help)
      }
    }
    try finish(environment: environment)
    return result(.run)
  }

  func option(named name: String) -> OptionDefinition? {
    options.first { $0.long == name || $0.short == name }
  }

  /// `-1` where a number is to stand: no option, but a number, for which there may be no room.
  func isNegativeArgument(_ word: String) -> Bool {
    let place = min(arguments.positionals.count, command.arguments.count - 1)
    return place >= 0 && command.arguments[place].range != nil && Int(word).map { $0 < 0 } ?? false
      && option(named: String(word.prefix(2))) == nil
  }

  mutating func take(long word: String) throws(UsageError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let attached = parts.count == 2 ? String(parts[1]) : nil
    guard let option = option(named: name) else { throw unknown(name) }
    if option.value == .flag {
      if let attached {
        throw UsageError(
          .unexpectedValue, "\(name) takes no value, but was given \"\(attached)\"")
      }
      try set(option, nil)
    } else {
      let value: String
      if let attached { value = attached } else { value = try nextValue(of: option, as: name) }
      try set(option, value)
    }
  }

  /// `-v`, `-n 3`, `-n3`, or several flags behind one dash, the last of which may take a value.
  mutating func take(short word: String) throws(UsageError) {
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      let name = "-\(letter)"
      guard let option = option(named: name) else { throw unknown(name, in: word) }
      if option.value == .flag {
        try set(option, nil)
      } else if letters.isEmpty {
        try set(option, nextValue(of: option, as: name))
      } else {
        try set(option, String(letters))
        return
      }
    }
  }

  mutating func nextValue(of taker: OptionDefinition, as name: String) throws(UsageError) -> String
  {
    let needs = UsageError(
      .missingValue, "\(name) needs a value",
      hint: taker.requirement.map { "it must be \($0)" } ?? "write \(taker.usage)")
    guard let next = rest.first else { throw needs }
    let isOption = option(named: String(next.prefix { $0 != "=" })) != nil
    if next == "--" || isHelp(next) || isOption { throw needs }
    return rest.removeFirst()
  }

  mutating func set(_ option: OptionDefinition, _ value: String?) throws(UsageError) {
    if arguments.wasGiven(option.long), !option.isRepeatable, option.value != .flag {
      throw UsageError(.repeatedOption, "\(option.long) is given twice", hint: "give it once")
    }
    if let value { try check(value, of: option, named: option.long) }
    arguments.set(option, value)
  }

  func check(
    _ value: String, of option: OptionDefinition, named name: String
  ) throws(UsageError) {
    guard !option.accepts(value) else { return }
    var hint: String?
    if case .choice(_, let words) = option.value, let word = nearestWord(to: value, in: words) {
      hint = "did you mean \"\(word)\"?"
    }
    let requirement = option.requirement ?? "something, not empty"
    throw UsageError(
      .invalidValue, "\(name) must be \(requirement), but is \"\(value)\"", hint: hint)
  }

  /// True where the word asks for help.
  mutating func take(command word: String) throws(UsageError) -> Bool {
    if arguments.positionals.isEmpty {
      if let next = command.subcommands.first(where: { $0.name == word }) {
        try descend(to: next)
        return false
      }
      if word == "help", !command.subcommands.isEmpty, command.arguments.isEmpty {
        while let word = rest.popFirst(), !isHelp(word) {
          guard let next = command.subcommands.first(where: { $0.name == word }) else {
            throw unknownCommand(word)
          }
          try descend(to: next)
        }
        return true
      }
    }
    try take(argument: word)
    return false
  }

  mutating func descend(to next: CommandDefinition) throws(UsageError) {
    for option in options where !option.isInherited && arguments.wasGiven(option.long) {
      throw UsageError(
        .unexpectedArgument, "\(option.long) does not go with the command \"\(next.name)\"")
    }
    options = options.filter(\.isInherited) + next.options
    for option in next.options { arguments.declare(option) }
    path.append(next.name)
    command = next
  }

  mutating func take(argument word: String) throws(UsageError) {
    let repeats = command.arguments.last?.repeats ?? false
    guard repeats || arguments.positionals.count < command.arguments.count else {
      if !command.subcommands.isEmpty, arguments.positionals.isEmpty { throw unknownCommand(word) }
      let hint = command.arguments.isEmpty ? "it takes no arguments" : "quote text with spaces"
      throw UsageError(
        .unexpectedArgument, "\"\(word)\" is one argument too many for \(command.name)", hint: hint)
    }
    let place = min(arguments.positionals.count, command.arguments.count - 1)
    try check(word, of: command.arguments[place])
    arguments.append(positional: word)
  }

  func check(_ word: String, of argument: ArgumentDefinition) throws(UsageError) {
    guard let requirement = argument.requirement, !argument.accepts(word) else { return }
    throw UsageError(
      .invalidValue, "\(argument.name) must be \(requirement), but is \"\(word)\"",
      hint: nearestWord(to: word, in: argument.choices).map { "did you mean \"\($0)\"?" })
  }

  mutating func finish(environment: (String) -> String?) throws(UsageError) {
    if command.needsSubcommand {
      throw UsageError(
        .missingCommand, "\(command.name) needs a command",
        hint: "name one of \(oneOf(command.subcommands.map(\.name)))")
    }
    for group in command.exclusive {
      let given = group.filter { arguments.wasGiven($0) }
      if given.count > 1 {
        throw UsageError(
          .conflictingOptions, "\(given[0]) and \(given[1]) exclude one another",
          hint: "give one of them")
      }
    }
    for option in options where !arguments.has(option.long) {
      if let variable = option.environment, let value = environment(variable), !value.isEmpty {
        try check(value, of: option, named: "\(option.long) (from \(variable))")
        arguments.supply(option, value)
      } else if let value = option.defaultText {
        arguments.supply(option, value)
      } else if option.isRequired {
        throw UsageError(
          .missingOption, "\(option.long) is missing", hint: "write \(option.usage)")
      }
    }
    let needed = command.arguments.filter { $0.arity == .one || $0.arity == .some }
    if arguments.positionals.count < needed.count {
      let missing = needed[arguments.positionals.count]
      let words = [programName] + path + command.arguments.map(\.usage)
      throw UsageError(
        .missingArgument, "\(missing.name) is missing",
        hint: "write \(words.joined(separator: " "))")
    }
  }

  func unknown(_ name: String, in word: String? = nil) -> UsageError {
    let place = word.map { $0 == name ? "" : " in \"\($0)\"" } ?? ""
    let known = options.flatMap { [$0.long] } + ["--help"] + (path.isEmpty ? ["--version"] : [])
    var hint: String?
    if let word = nearestWord(to: name, in: name.hasPrefix("--") ? known : []) {
      hint = "did you mean \"\(word)\"?"
    } else if !command.arguments.isEmpty {
      hint = "write -- before text that begins with a dash"
    }
    return UsageError(.unknownOption, "unknown option \"\(name)\"\(place)", hint: hint)
  }

  func unknownCommand(_ word: String) -> UsageError {
    let names = command.subcommands.map(\.name)
    let hint =
      nearestWord(to: word, in: names).map { "did you mean \"\($0)\"?" }
      ?? "the commands are \(oneOf(names))"
    return UsageError(.unknownCommand, "unknown command \"\(word)\"", hint: hint)
  }
}
