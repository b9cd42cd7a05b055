import LlamboCommand
import LlamboIO
import LlamboTerminal
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Command {
  static let dish = Command(
    definition: CommandDefinition(
      "dish",
      "A shell of these commands, at a terminal or from a script on standard input.",
      options: [
        OptionDefinition(
          "--stop-on-error", "-e", .flag, "A script ends with its first command that fails."),
        OptionDefinition(
          "--history", nil, .path("FILE"),
          "Where a terminal's lines are remembered; llambo/dish-history in $XDG_STATE_HOME, or in "
            + "~/.local/state, if not given.",
          environment: "LLAMBO_HISTORY"),
      ],
      examples: [
        CommandExample("llamboctl dish", "Drive the cluster; help lists the commands."),
        CommandExample(
          "llamboctl dish < script",
          "Run a line at a time; the status is that of the first command that fails."),
      ]),
    run: { (arguments) throws(ControlError) in
      passOn("--config", as: "CLUSTER_CONFIG", of: arguments)
      passOn("--orchestrator", as: "LLAMBO_ORCHESTRATOR", of: arguments)
      let atTerminal = Program.isTerminal(STDIN_FILENO) && Program.isTerminal(STDOUT_FILENO)
      var dish = try Dish(
        isInteractive: atTerminal, stopsOnError: arguments.flag("--stop-on-error"))
      Interrupt.catchSignals()
      guard atTerminal else { Program.end(code: dish.run(ScriptInput())) }
      _ = Program.put(greeting(ClusterAccess(arguments)) + " help lists the commands.\n")
      let history =
        arguments.text(ifGiven: "--history").map { HistoryFile($0) }
        ?? HistoryFile(named: "dish-history")
      let input = EditedInput(
        prompt: Terminal.prompt("llambo>"), history: history, complete: DishCompletion.offer)
      Program.end(code: dish.run(input))
    })

  /// Gives the commands within what this command line says.
  private static func passOn(_ option: String, as variable: String, of arguments: Arguments) {
    guard arguments.wasGiven(option), let value = arguments.text(ifGiven: option) else { return }
    setenv(variable, value, 1)
  }

  private static func greeting(_ access: ClusterAccess) -> String {
    guard let status = try? access.connect().ask(.status) else {
      return "No cluster is running; init starts one."
    }
    return clusterGreeting(status)
  }
}
