/// All the project's programs, as their manual pages name one another.
package let llamboPrograms = [
  "llamboctl", "limbot-cli", "llambo-orchestrator", "llambo-worker", "llama-runner", "llambo-sim",
]

extension CommandDefinition {
  /// What a program prints about itself for those who install or document it: `--man` its manual
  /// page, `--completion SHELL` a shell's completion, `--markdown` its chapter of the page of all
  /// commands. Nil for any other line. None of these is in its help: a person finds the same in
  /// better form.
  package func page(for line: [String]) -> String? {
    switch (line.first, line.count) {
    case ("--man", 1): manualPage(version: llamboVersion, related: llamboPrograms)
    case ("--markdown", 1): markdown
    case ("--completion", 2): Shell(rawValue: line[1]).map { completionScript(for: $0) }
    default: nil
    }
  }
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
    (130, "Ctrl-C ended it."),
  ]
}
