import LlamboCommand
import LlamboIO
import LlamboTerminal
import LlamboWire

extension ChatSession {
  /// Does what a slash command asks; false where the conversation ends.
  mutating func perform(_ line: SlashLine) -> Bool {
    guard let command = ChatCommand(rawValue: line.name) else {
      complain(line.notFound(among: ChatCommand.names))
      return true
    }
    switch (command.takes, line.rest.isEmpty) {
    case (.nothing, false):
      complain("\(command.rawValue) stands alone on its line")
      return true
    case (.required(let what), true):
      complain("\(command.rawValue) needs a \(what): write \(command.rawValue) \(what)")
      return true
    default: break
    }
    do throws(ControlError) {
      switch command {
      case .help: put(ChatCommand.helpText(width: Terminal.width))
      case .history: showHistory()
      case .clear:
        conversation.clear()
        unanswered = nil
        note("The conversation is forgotten.")
      case .retry: retry()
      case .system: setSystem(line.rest)
      case .save: try save(line.rest)
      case .load: try load(line.rest)
      case .status: try showStatus()
      case .exit: return false
      }
    } catch {
      complain(error.message)
    }
    return true
  }

  private mutating func showHistory() {
    var text = ""
    if let system = conversation.system { text += labelled("system", system) }
    for (place, turn) in conversation.turns.enumerated() {
      if place == conversation.leftOut, place > 0 {
        text += Terminal.styled("… what is above is not sent any more", .dim) + "\n"
      }
      text += labelled("you", turn.question) + labelled("limbot", turn.answer)
    }
    if let unanswered { text += labelled("you", unanswered) }
    if text.isEmpty { text = "Nothing was said yet.\n" }
    put(text)
  }

  private func labelled(_ who: String, _ said: String) -> String {
    let margin = 8
    let label = who + String(repeating: " ", count: margin - who.count)
    let width = isInteractive ? Terminal.width : nil
    return Terminal.styled(label, .bold)
      + Terminal.hanging(Program.harmless(said), by: margin, width: width) + "\n"
  }

  private mutating func setSystem(_ text: String) {
    switch text {
    case "": put(conversation.system.map { Program.harmless($0) + "\n" } ?? "No system message.\n")
    case "-":
      conversation.system = nil
      note("No system message from here on.")
    default:
      conversation.system = text
      note("The system message is set; /clear keeps it.")
    }
  }

  private mutating func save(_ name: String) throws(ControlError) {
    try ConversationFile(name).save(conversation, unanswered: unanswered)
    note("Saved \(turns(conversation.turns.count)) to \(name).")
  }

  private mutating func load(_ name: String) throws(ControlError) {
    (conversation, unanswered) = try ConversationFile(name).load()
    let open = unanswered == nil ? "" : "; /retry asks its last question"
    note("Loaded \(turns(conversation.turns.count)) from \(name)\(open).")
  }

  private func turns(_ count: Int) -> String { count == 1 ? "1 turn" : "\(count) turns" }

  private mutating func showStatus() throws(ControlError) {
    let status: String
    do throws(ControlError) {
      status = statusText(try link.connected().ask(.status))
    } catch {
      // The connection may be of an orchestrator that is gone; the next one is asked once.
      link.drop()
      status = statusText(try link.connected().ask(.status))
    }
    put(status + "\n")
  }
}
