extension CommandDefinition {
  /// The program's chapter of the page of all commands.
  package var markdown: String {
    places.map { place in
      let heading = place.isProgram ? "##" : "###"
      var parts = ["\(heading) `\(place.name)`", place.command.summary]
      if place.runs {
        parts.append("```\n\(place.command.usage(words: place.name))\n```")
      }
      let arguments = place.command.arguments.map { ($0.usage, $0.fullHelp) }
      if !arguments.isEmpty { parts.append(table("argument", arguments)) }
      let options = place.command.options.map { option in
        ((option.short.map { "\($0), " } ?? "") + option.usage, option.fullHelp)
      }
      if !options.isEmpty { parts.append(table("option", options)) }
      let examples = place.command.examples.map { "\($0.line)    # \(withoutStop($0.meaning))" }
      if !examples.isEmpty {
        parts.append("```\n\(examples.joined(separator: "\n"))\n```")
      }
      return parts.joined(separator: "\n\n") + "\n"
    }.joined(separator: "\n")
  }

  private func table(_ head: String, _ rows: [(name: String, meaning: String)]) -> String {
    let lines = rows.map { "| `\(cell($0.name))` | \(cell($0.meaning)) |" }
    return (["| \(head) | meaning |", "|---|---|"] + lines).joined(separator: "\n")
  }

  private func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
