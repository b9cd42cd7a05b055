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

  private var meaning: String {
    switch self {
    case .help: "this text"
    case .history: "the conversation so far"
    case .clear: "forget it"
    case .retry: "ask the last question again"
    case .system: "what the model is told before everything; alone: show it; \"-\": nothing"
    case .save: "write the conversation to a file"
    case .load: "go on with one that was saved"
    case .status: "how the cluster is"
    case .exit: "end; so does Ctrl-D"
    }
  }

  private var usage: String {
    switch takes {
    case .nothing: rawValue
    case .optional: "\(rawValue) TEXT"
    case .required(let what): "\(rawValue) \(what)"
    }
  }

  /// What `/help` shows.
  ///
  /// - Parameter width: the terminal's; nil for lines of any length.
  static func helpText(width: Int?) -> String {
    Terminal.glossary(allCases.map { ($0.usage, $0.meaning) }, width: width)
      + "\nEverything else is for the model. Ctrl-C stops its answer.\n"
  }
}
