/// What a line that begins with a slash asks of limbot.
enum ChatCommand: String, CaseIterable {
  case help = "/help"
  case history = "/history"
  case clear = "/clear"
  case retry = "/retry"
  case system = "/system"
  case save = "/save"
  case load = "/load"
  case status = "/status"
  case exit = "/exit"

  /// What must, or may, stand behind the command.
  var takes: Text {
    switch self {
    case .save, .load: .required("FILE")
    case .system: .optional
    default: .nothing
    }
  }

  enum Text: Equatable {
    case nothing, optional
    case required(String)
  }

  static let names = allCases.map(\.rawValue)
  static let ofFiles = [save, load].map(\.rawValue)

  static let helpText = """
    /help         this text
    /history      the conversation so far
    /clear        forget it
    /retry        ask the last question again
    /system TEXT  what the model is told before everything; alone: show it; "-": nothing
    /save FILE    write the conversation to a file
    /load FILE    go on with one that was saved
    /status       how the cluster is
    /exit         end; so does Ctrl-D

    Everything else is for the model. Ctrl-C stops its answer.

    """
}
