import LlamboCommand
import Testing

@Suite struct DefinitionTests {
  @Test func `A sound definition has no problems`() {
    #expect(program.problems == [])
  }

  @Test func `A definition's contradictions are told`() {
    let program = CommandDefinition(
      "p", "P.",
      arguments: [ArgumentDefinition("A", "", .any), ArgumentDefinition("B", "")],
      options: [
        OptionDefinition("--count", "-c", .integer("N", 1...3), "", default: "4"),
        OptionDefinition("long", "--s", .flag, "", isRequired: true),
        OptionDefinition("--all", nil, .flag, "", isInherited: true),
      ],
      exclusive: [["--count", "--none"]],
      subcommands: [
        CommandDefinition("q", "Q.", options: [OptionDefinition("--all", "-h", .flag, "")]),
        CommandDefinition("q", "Q."),
      ],
      needsSubcommand: true)
    #expect(
      program.problems == [
        "p: the default \"4\" of --count is none of its values",
        "p: long is no long option name",
        "p: --s is no short option name",
        "p: long is a flag, so it has no value to require, repeat or look up",
        "p: the exclusive option --none is not declared",
        "p: only the last argument may be optional or repeat",
        "p: needs a subcommand, yet has none or takes arguments",
        "p q: --all is declared twice",
        "p q: -h is declared twice",
        "p: the command q is declared twice",
      ])
  }

  @Test func `A command is found by its path`() {
    #expect(program.command(at: ["nodes", "list"])?.summary == "Lists every node.")
    #expect(program.command(at: ["list"]) == nil)
  }
}
