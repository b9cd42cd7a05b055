import LlamboCommand
import LlamboTerminal

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
    var command = program
    for word in words {
      if let next = command.subcommands.first(where: { $0.name == word }) { command = next }
    }
    if isHelp { return .words(command.subcommands.map(\.name)) }
    let options = command.options + program.options.filter(\.isInherited)
    if let option = options.first(where: { $0.long == words.last || $0.short == words.last }) {
      switch option.value {
      case .flag: break
      case .choice(_, let choices): return .words(choices)
      case .path: return .files
      case .text, .integer, .number: return .words([])
      }
    }
    if word.hasPrefix("-") {
      let given = options.filter { words.contains($0.long) && !$0.isRepeatable }.map(\.long)
      return .words((options.map(\.long) + ["--help"]).filter { !given.contains($0) })
    }
    return .words(command.subcommands.map(\.name))
  }
}
