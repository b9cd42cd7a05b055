import LlamboCommand

/// A line of dish as the words of a command line.
///
/// Words are split as a shell does: at spaces, with '…', "…" and \ to quote, and # before a comment.
/// But what a command asks a model is taken as it stands, so that nobody has to quote an
/// apostrophe: the text behind `infer` and its options.
struct DishLine {
  /// The name of the argument that is such text.
  static let textArgument = "PROMPT"

  private let program: CommandDefinition
  private var rest: Substring

  /// - Throws: `UsageError` where a quotation has no end.
  /// - Returns: the words; none for an empty line or a comment.
  static func words(_ line: String, of program: CommandDefinition) throws(UsageError) -> [String] {
    var reader = DishLine(program: program, rest: line[...])
    return try reader.words()
  }

  private mutating func words() throws(UsageError) -> [String] {
    guard let name = try nextWord() else { return [] }
    var words = [name]
    guard let command = program.command(at: [name]),
      command.arguments.first?.name == DishLine.textArgument
    else {
      while let word = try nextWord() { words.append(word) }
      return words
    }
    skipSpace()
    while rest.first == "-" {
      guard let word = try nextWord() else { break }
      if word == "--" { break }
      words.append(word)
      if takesValue(word, command), let value = try nextWord() { words.append(value) }
      skipSpace()
    }
    if rest.first == "\"" || rest.first == "'" {
      while let word = try nextWord() { words.append(word) }
      return words
    }
    let text = rest.trimmingSuffix(while: \.isWhitespace)
    return text.isEmpty ? words : words + ["--", String(text)]
  }

  /// Whether the next word belongs to that option.
  private func takesValue(_ word: String, _ command: CommandDefinition) -> Bool {
    let options = command.options + program.options.filter(\.isInherited)
    return options.contains { ($0.long == word || $0.short == word) && $0.value != .flag }
  }

  private mutating func skipSpace() { rest = rest.drop(while: \.isWhitespace) }

  /// Nil at the end of the line.
  private mutating func nextWord() throws(UsageError) -> String? {
    skipSpace()
    guard let first = rest.first, first != "#" else {
      rest = ""
      return nil
    }
    if "|<>".contains(first) {
      throw UsageError(
        .unexpectedArgument, "dish has no pipes and writes no files, so \(first) means nothing",
        hint: "use llamboctl in a shell for that, or quote it")
    }
    var word = ""
    while let character = rest.popFirst(), !character.isWhitespace {
      switch character {
      case "\\": if let next = rest.popFirst() { word.append(next) }
      case "'", "\"": word += try quoted(upTo: character)
      default: word.append(character)
      }
    }
    return word
  }

  private mutating func quoted(upTo quote: Character) throws(UsageError) -> String {
    var text = ""
    while let character = rest.popFirst() {
      if character == quote { return text }
      if character == "\\", quote == "\"", let next = rest.first, next == "\"" || next == "\\" {
        text.append(rest.removeFirst())
      } else {
        text.append(character)
      }
    }
    throw UsageError(
      .invalidValue, "a quotation has no end", hint: "close it with another \(quote)")
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> Substring {
    var text = self
    while let last = text.last, matches(last) { text.removeLast() }
    return text
  }
}
