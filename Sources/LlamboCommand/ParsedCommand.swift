/// What a command line asks for.
package struct ParsedCommand: Sendable, Equatable {
  package enum Action: Sendable, Equatable {
    case run
    /// Print `helpText(path:)` for the path and leave with status 0.
    case help
    /// Print the program's version and leave with status 0.
    case version
  }

  package var action: Action
  /// The subcommands' names below the program's: `["nodes", "list"]`; empty for the program.
  package var path: [String]
  /// Of the command at `path`; only those of `run` were checked for completeness.
  package var arguments: Arguments
}

extension CommandDefinition {
  /// Reads a command line by this definition.
  ///
  /// Options may stand anywhere: `--count 3`, `--count=3`, `-n 3`, `-n3`; short flags may share
  /// a dash. After `--` nothing is an option or a subcommand. `-h` or `--help` wins over any
  /// mistake on the line; `help NAME` asks the same of a command with subcommands, unless it
  /// takes arguments of its own.
  ///
  /// - Parameters:
  ///   - arguments: without the program's own name.
  ///   - environment: looks up a variable that an option names.
  package func parse(
    _ arguments: [String], environment: (String) -> String? = { _ in nil }
  ) throws(UsageError) -> ParsedCommand {
    var parser = CommandParser(program: self, words: arguments)
    do {
      return try parser.parse(environment: environment)
    } catch {
      if parser.rest.prefix(while: { $0 != "--" }).contains(where: isHelp) {
        return parser.result(.help)
      }
      var error = error
      error.path = parser.path
      throw error
    }
  }
}
