import LlamboCommand
import LlamboTerminal
import LlamboWire

/// What the command line says of a conversation.
struct ChatSettings {
  /// The program's name, before what it complains of.
  let program: String
  let system: String?
  /// Where a terminal's lines are remembered; nil for nowhere.
  let history: HistoryFile?
  private let arguments: Arguments

  init(_ arguments: Arguments, program: String) {
    self.program = program
    self.arguments = arguments
    system = arguments.text(ifGiven: "--system")
    history =
      arguments.text(ifGiven: "--history").map { HistoryFile($0) }
      ?? HistoryFile(named: "limbot-history")
  }

  func request(_ messages: [Conversation.Message]) -> GenerationRequest {
    GenerationRequest(.messages(messages), arguments)
  }

  /// The most tokens of an answer; the protocol's number where none was asked for.
  var answerTokens: Int { arguments.integer(ifGiven: "--max-tokens") ?? 128 }
}
