import LlamboCommand
import LlamboTerminal
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Command {
  static let limbot = Command(
    definition: limbotDefinition(
      "limbot",
      examples: [
        CommandExample("llamboctl limbot", "Talk with the cluster; /help shows what you can do."),
        CommandExample("llamboctl limbot \"What is machine learning?\"", "Ask one thing."),
        CommandExample("echo \"What is a cluster?\" | llamboctl limbot", "Ask from a pipe."),
        CommandExample("llamboctl limbot --start", "Start the configured cluster if none runs."),
      ]),
    run: { (arguments) throws(ControlError) in
      try Limbot(arguments, program: "limbot").run()
    })

  static func limbotDefinition(_ name: String, examples: [CommandExample]) -> CommandDefinition {
    CommandDefinition(
      name, "Talk with the cluster through the model's chat template, or ask it one thing.",
      arguments: [
        ArgumentDefinition(
          "PROMPT",
          "What to ask; without it a conversation at a terminal, else one question from "
            + "standard input.", .any)
      ],
      options: [
        OptionDefinition(
          "--interactive", "-i", .flag,
          "Hold a conversation in any case: a line is a question, or a command such as /help."),
        OptionDefinition(
          "--start", nil, .flag, "Start the configured cluster, unasked, if none runs."),
        OptionDefinition("--system", nil, .text("TEXT"), "What the model is told before all."),
        OptionDefinition(
          "--history", nil, .path("FILE"),
          "Where a terminal's lines are remembered; llambo/limbot-history in $XDG_STATE_HOME, or "
            + "in ~/.local/state, if not given.",
          environment: "LLAMBO_HISTORY"),
      ] + answerOptions,
      exclusive: [["--interactive", "--json"]],
      examples: examples)
  }
}

/// One run of limbot.
struct Limbot {
  private let arguments: Arguments
  private let settings: ChatSettings
  private let access: ClusterAccess
  private let program: String

  /// - Parameter program: its name, before what it complains of.
  init(_ arguments: Arguments, program: String) {
    self.arguments = arguments
    self.program = program
    settings = ChatSettings(arguments, program: program)
    access = ClusterAccess(arguments)
  }

  func run() throws(ControlError) -> Program.Status {
    let question = arguments.positionals.joined(separator: " ")
    let atTerminal = Program.isTerminal(STDIN_FILENO) && Program.isTerminal(STDOUT_FILENO)
    if arguments.flag("--interactive") || (question.isEmpty && atTerminal) {
      guard !arguments.flag("--json") else {
        throw ControlError("--json is for one question: give it as an argument", .usage)
      }
      return try converse(first: question.isEmpty ? nil : question, atTerminal: atTerminal)
    }
    guard !question.isEmpty || !Program.isTerminal(STDIN_FILENO) else {
      throw ControlError(
        "a prompt is missing: give it as an argument or through a pipe, or talk in any case with -i",
        .usage)
    }
    return try answerOne()
  }

  private func answerOne() throws(ControlError) -> Program.Status {
    var messages: [Conversation.Message] = []
    if let system = settings.system { messages.append(.init(role: "system", content: system)) }
    messages.append(.init(role: "user", content: try promptText(arguments)))
    try ensureCluster()
    return try showAnswer(
      to: settings.request(messages), over: access.connect(), asJSON: arguments.flag("--json"))
  }

  private func converse(
    first: String?, atTerminal: Bool
  ) throws(ControlError) -> Program.Status {
    try ensureCluster()
    var session = ChatSession(settings, access, isInteractive: atTerminal)
    let status = try session.link.connected().ask(.status)
    Interrupt.catchSignals()
    guard atTerminal else { return session.run(ScriptInput(), first: first) }
    session.put(clusterGreeting(status) + " /help shows what you can do.\n")
    return session.run(
      EditedInput(
        prompt: Terminal.prompt(">"), history: settings.history,
        complete: SlashLine.completion(of: ChatCommand.names, files: ChatCommand.ofFiles)),
      first: first)
  }

  private func ensureCluster() throws(ControlError) {
    try ClusterOffer(access: access, isAccepted: arguments.flag("--start")).ensureCluster()
  }
}
