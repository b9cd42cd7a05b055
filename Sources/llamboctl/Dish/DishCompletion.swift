import LlamboCommand
import LlamboTerminal

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What Tab offers in dish, by the commands' definitions.
enum DishCompletion {
  static func offer(_ before: String, _ word: String) -> TabCompletion {
    var words = before.split(whereSeparator: \.isWhitespace).map(String.init)
    let program = DishWords.program
    guard let first = words.first else {
      return .words(program.subcommands.map(\.name) + [DishWords.help] + DishWords.ends)
    }
    let isHelp = first == DishWords.help
    if isHelp { words.removeFirst() }
    let line = LineBefore(words, of: program)
    if isHelp { return .words(line.command.subcommands.map(\.name)) }
    if let option = line.takes { return offer(program.offer(for: option), line) }
    if word.hasPrefix("-") {
      let given = line.options.filter { words.contains($0.long) && !$0.isRepeatable }.map(\.long)
      return .words((line.options.map(\.long) + ["--help"]).filter { !given.contains($0) })
    }
    if line.arguments == 0, !line.command.subcommands.isEmpty {
      return .words(line.command.subcommands.map(\.name))
    }
    guard let last = line.command.arguments.last else { return .words([]) }
    let next =
      line.arguments < line.command.arguments.count
      ? line.command.arguments[line.arguments] : last.repeats ? last : nil
    return offer(next.map { program.offer(for: $0) } ?? .nothing, line)
  }

  private static func offer(_ offer: ValueOffer, _ line: LineBefore) -> TabCompletion {
    switch offer {
    case .nothing: .words([])
    case .files: .files
    case .words(let words): .words(words)
    case .lookup(let words): .words(line.access.map { Lookup.names(words, $0) } ?? [])
    }
  }
}

/// What the words before the one under the cursor lead to.
private struct LineBefore {
  let program: CommandDefinition
  private(set) var command: CommandDefinition
  /// How many of its arguments are there.
  private(set) var arguments = 0
  /// The option whose value comes next.
  private(set) var takes: OptionDefinition?
  /// What the line says of the cluster that it is about.
  private var passed: [String] = []

  var options: [OptionDefinition] {
    command.options + program.options.filter(\.isInherited)
  }

  init(_ words: [String], of program: CommandDefinition) {
    self.program = program
    command = program
    for word in words {
      if let option = takes {
        if option.isInherited { passed += [option.long, word] }
        takes = nil
      } else if word.hasPrefix("-") {
        let name = String(word.prefix { $0 != "=" })
        let option = options.first { $0.long == name || $0.short == name }
        guard let option, option.value != .flag else { continue }
        if word == name || word == name + "=" {
          takes = option
        } else if option.isInherited {
          passed.append(word)
        }
      } else if arguments == 0, let next = command.subcommands.first(where: { $0.name == word }) {
        command = next
      } else {
        arguments += 1
      }
    }
  }

  /// The cluster that the line is about; nil where it says so wrongly.
  var access: ClusterAccess? {
    let parsed = try? program.parse(["status"] + passed) { name in
      getenv(name).map { String(cString: $0) }
    }
    return parsed.map { ClusterAccess($0.arguments) }
  }
}
