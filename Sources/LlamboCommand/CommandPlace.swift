/// A command where it stands in its program.
package struct CommandPlace: Sendable {
  /// The program's name and the subcommands' down to this one.
  package var words: [String]
  package var command: CommandDefinition
  /// Options of the commands above that are understood here too.
  package var inherited: [OptionDefinition]

  /// `llamboctl nodes list`.
  package var name: String { words.joined(separator: " ") }
  package var options: [OptionDefinition] { command.options + inherited }
  package var isProgram: Bool { words.count == 1 }
  /// Something happens when it is called as it stands.
  package var runs: Bool { !command.needsSubcommand }
  /// `help` and the name of a subcommand may stand here.
  var takesHelp: Bool { !command.subcommands.isEmpty && command.arguments.isEmpty }
}

extension CommandDefinition {
  /// This command and all below it, each before its subcommands.
  package var places: [CommandPlace] { places(above: [], inherited: []) }

  private func places(above: [String], inherited: [OptionDefinition]) -> [CommandPlace] {
    let place = CommandPlace(words: above + [name], command: self, inherited: inherited)
    let passedOn = inherited + options.filter(\.isInherited)
    return [place] + subcommands.flatMap { $0.places(above: place.words, inherited: passedOn) }
  }
}
