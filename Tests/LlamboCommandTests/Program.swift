import LlamboCommand

/// A program with one of everything.
let program = CommandDefinition(
  "ctl", "Steers a cluster from a terminal.",
  options: [
    OptionDefinition(
      "--connect", "-c", .text("HOST:PORT"), "Where the orchestrator listens",
      default: "127.0.0.1:9000", environment: "CTL_CONNECT", isInherited: true),
    OptionDefinition("--verbose", "-v", .flag, "Say more", isInherited: true),
    OptionDefinition("--quiet", "-q", .flag, "Say less"),
  ],
  exclusive: [["--verbose", "--quiet"]],
  subcommands: [
    CommandDefinition(
      "spawn", "Starts nodes.",
      options: [
        OptionDefinition(
          "--count", "-n", .integer("N", 1...100_000), "How many nodes to start", default: "1"),
        OptionDefinition("--type", "-t", .text("TYPE"), "The node type", isRequired: true),
        OptionDefinition(
          "--temperature", nil, .number("T", 0...2), "How freely tokens are drawn"),
        OptionDefinition(
          "--label", "-l", .text("TEXT"), "A word to find the nodes by", isRepeatable: true),
      ],
      examples: [
        CommandExample("ctl spawn --count 1000 --type tiny", "Starts a thousand tiny nodes.")
      ]),
    CommandDefinition(
      "nodes", "Speaks of nodes.",
      subcommands: [CommandDefinition("list", "Lists every node.")], needsSubcommand: true),
    CommandDefinition(
      "balancer", "Shows or changes how requests are spread.",
      options: [
        OptionDefinition(
          "--strategy", nil, .choice("WORD", ["round-robin", "least-loaded", "random"]),
          "How a node is picked")
      ],
      subcommands: [CommandDefinition("stats", "Shows what was spread where.")]),
    CommandDefinition(
      "ask", "Asks one thing.",
      arguments: [ArgumentDefinition("PROMPT", "The text to answer", .some)]),
    CommandDefinition(
      "copy", "Copies a file.",
      arguments: [
        ArgumentDefinition("FROM", "The file to read"),
        ArgumentDefinition("TO", "The file to write", .optional),
      ]),
  ])

/// The error that the line ends in; nil where it parses.
func mistake(
  _ line: String..., environment: [String: String] = [:]
) -> UsageError? {
  do throws(UsageError) {
    _ = try program.parse(line) { environment[$0] }
    return nil
  } catch {
    return error
  }
}
