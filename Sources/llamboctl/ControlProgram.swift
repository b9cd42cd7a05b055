import LlamboCommand

/// The programs that the commands make.
package enum ControlProgram {
  /// `llamboctl`.
  package static func run() -> Never {
    let parsed = Program.parse(Command.program)
    guard let command = Command.find(parsed.path), let run = command.run else {
      fatalError("every command that parses has a way to run")
    }
    end("llamboctl") { () throws(ControlError) in try run(parsed.arguments) }
  }

  /// `limbot-cli`: `llamboctl limbot` under a name of its own.
  package static func runLimbot() -> Never {
    let arguments = Program.parse(limbot).arguments
    end(limbot.name) { () throws(ControlError) in
      try Limbot(arguments, program: limbot.name).run()
    }
  }

  /// The command line of `limbot-cli`.
  static let limbot: CommandDefinition = {
    var definition = Command.limbotDefinition(
      "limbot-cli",
      examples: [
        CommandExample("limbot-cli", "Talk with the cluster; /help shows what you can do."),
        CommandExample("limbot-cli \"What is machine learning?\"", "Ask one thing."),
      ])
    definition.options += Command.program.options
    return definition
  }()

  private static func end(
    _ name: String, _ run: () throws(ControlError) -> Program.Status
  ) -> Never {
    do throws(ControlError) {
      Program.end(try run())
    } catch {
      Program.fail(name, error.message, error.status)
    }
  }
}
