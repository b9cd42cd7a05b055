import LlamboCommand

/// A line that asks something of the program rather than of the model: `/save chat.json`.
package struct SlashLine: Equatable, Sendable {
  /// The first word, with its slash.
  package let name: String
  /// What stands behind it, without the white space around it.
  package let rest: String

  /// Nil where the line begins with no slash.
  package init?(_ line: String) {
    guard line.hasPrefix("/") else { return nil }
    let words = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    name = String(words[0])
    rest = words.count > 1 ? trimmed(String(words[1])) : ""
  }

  /// What to say where none of the program's commands has that name.
  package func notFound(among known: [String]) -> String {
    let hint = nearestWord(to: name, in: known).map { "did you mean \($0)?" }
    return "there is no command \(name); \(hint ?? "/help lists them")"
  }

  /// What Tab offers in a program that has these commands.
  ///
  /// - Parameter files: those of them that a file's name stands behind.
  package static func completion(
    of names: [String], files: [String] = []
  ) -> TabCompletion.Offer {
    { before, _ in
      if before.isEmpty { return .words(names) }
      return files.contains(trimmed(before)) ? .files : .words([])
    }
  }
}

/// Without white space at either end.
package func trimmed(_ text: String) -> String {
  let head = text.drop(while: \.isWhitespace)
  guard let last = head.lastIndex(where: { !$0.isWhitespace }) else { return "" }
  return String(head[...last])
}
