import LlamboCommand

/// One command of `llamboctl`. To add one, write it in a file of its own and name it in
/// `Command.all`.
struct Command: Sendable {
  let definition: CommandDefinition
  /// Performs the command; nil where only its subcommands do something.
  var run: (@Sendable (Arguments) throws(ControlError) -> Program.Status)?
  var subcommands: [Command] = []

  static let all: [Command] = [
    .initialize, .spawn, .scale, .status, .nodes, .cluster, .balancer, .health, .infer, .limbot,
    .dish, .models, .config, .metrics, .top, .logs, .join, .completion, .shutdown,
  ]

  /// The whole program, as its help and its parser see it.
  static let program = CommandDefinition(
    "llamboctl", "Drive a Llambo cluster.",
    options: [
      OptionDefinition(
        "--config", "-c", .path("FILE"), "The cluster's configuration.",
        default: "cluster-config.yaml", environment: "CLUSTER_CONFIG", isInherited: true),
      OptionDefinition(
        "--orchestrator", "-o", .text("HOST:PORT"),
        "Where the orchestrator listens, instead of asking the state file.",
        environment: "LLAMBO_ORCHESTRATOR", isInherited: true),
    ],
    examples: [
      CommandExample("llamboctl init", "Start the configured cluster in the background."),
      CommandExample("llamboctl infer \"What is a load balancer?\"", "Ask it something."),
      CommandExample("llamboctl shutdown", "Stop it."),
    ],
    subcommands: all.map(\.whole), needsSubcommand: true, lookups: lookups)

  /// The definition with those of its subcommands.
  private var whole: CommandDefinition {
    var whole = definition
    whole.subcommands = subcommands.map(\.whole)
    whole.needsSubcommand = run == nil
    return whole
  }

  static func find(_ path: [String]) -> Command? {
    var level = all
    var found: Command?
    for word in path {
      found = level.first { $0.definition.name == word }
      level = found?.subcommands ?? []
    }
    return found
  }
}

/// Why a command ended without what it was asked for.
struct ControlError: Error {
  let message: String
  let status: Program.Status

  init(_ message: String, _ status: Program.Status = .failure) {
    self.message = message
    self.status = status
  }
}
