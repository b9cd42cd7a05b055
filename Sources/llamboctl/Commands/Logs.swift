import LlamboCommand
import LlamboConfig
import LlamboIO

extension Command {
  static let logs = Command(
    definition: CommandDefinition(
      "logs", "Show what the orchestrator and its workers logged.",
      options: [
        OptionDefinition(
          "--lines", "-n", .integer("N", 0...1_000_000), "How many of the last lines.",
          default: "100"),
        OptionDefinition(
          "--follow", "-f", .flag, "Go on with what is logged from now, until Ctrl-C."),
      ],
      examples: [
        CommandExample("llamboctl logs -n 20", "The last lines."),
        CommandExample("llamboctl logs --follow", "Watch what happens."),
      ]),
    run: { (arguments) throws(ControlError) in
      let cluster = ClusterAccess(arguments)
      let path = try cluster.config().logPath
      guard PrivateFile(path).exists else {
        throw ControlError(
          "there is no log \(path): it is written from \(cluster.command("init")) on",
          .unavailable)
      }
      do throws(SystemError) {
        try PrivateFile(path).checkReadable()
      } catch {
        throw cluster.unusable(PrivateFile(path), error)
      }
      // tail follows a file also when it is rotated.
      let follow = arguments.flag("--follow") ? ["-F"] : []
      let error = ChildProcess.become(
        "tail", ["-n", "\(arguments.integer("--lines"))"] + follow + ["--", path])
      throw ControlError(error.description, .osError)
    })
}
