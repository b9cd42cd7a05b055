/// All the project's programs, as their manual pages name one another.
package let llamboPrograms = [
  "llamboctl", "limbot-cli", "llambo-orchestrator", "llambo-worker", "llama-runner", "llambo-sim",
]

extension CommandDefinition {
  /// What a program prints about itself for those who install or document it, and what that is.
  static let pages = [
    ("--man", "Print the manual page"),
    ("--markdown", "Print this program's chapter of Docs/COMMANDS.md"),
    ("--completion SHELL", "Print the completion for a shell (\(oneOf(shells)))"),
  ]

  /// The page that a line asks for; nil for any other line.
  ///
  /// - Throws: where the page is of a shell that there is none for.
  package func page(for line: [String]) throws(UsageError) -> String? {
    switch (line.first, line.count) {
    case ("--man", 1): return manualPage(version: llamboVersion, related: llamboPrograms)
    case ("--markdown", 1): return markdown
    case ("--completion", 1):
      throw UsageError(
        .missingValue, "--completion needs a value", hint: "it must be \(oneOf(Self.shells))")
    case ("--completion", 2):
      guard let shell = Shell(rawValue: line[1]) else {
        throw UsageError(
          .invalidValue, "--completion must be \(oneOf(Self.shells)), but is \"\(line[1])\"",
          hint: nearestWord(to: line[1], in: Self.shells).map { "did you mean \"\($0)\"?" })
      }
      return completionScript(for: shell)
    default: return nil
    }
  }

  private static var shells: [String] { Shell.allCases.map(\.rawValue) }
}

extension Program {
  /// What the programs' exit statuses mean, after sysexits.h.
  package static let exitStatuses: [(status: Int, meaning: String)] = [
    (0, "Done."),
    (1, "The answer was no: something is unhealthy, or an answer failed."),
    (64, "The command line was wrong; the message says how."),
    (65, "A file or an answer could not be understood."),
    (69, "What was asked is not there: no cluster runs, or a port is taken."),
    (71, "The system refused something."),
    (78, "The configuration is wrong; the message says where."),
    (
      130,
      "Ctrl-C ended it. llamboctl top and join, an orchestrator and a worker end with 0 then, for "
        + "that is how they are told to end."
    ),
  ]
}
