import LlamboCommand
import LlamboTerminal

/// A conversation with the cluster on standard input and output.
struct ChatSession {
  let settings: ChatSettings
  /// A person looks on.
  let isInteractive: Bool
  var link: ChatLink
  var conversation = Conversation()
  /// The last question, where it has no answer.
  var unanswered: String?
  private var hasFailed = false
  /// Somebody reads what is written.
  private(set) var isHeard = true

  init(_ settings: ChatSettings, _ access: ClusterAccess, isInteractive: Bool) {
    self.settings = settings
    self.isInteractive = isInteractive
    link = ChatLink(access)
    conversation.system = settings.system
  }

  /// Takes lines until their end, `/exit`, or until nobody reads the answers any more.
  ///
  /// - Parameter first: a question that comes before the lines.
  /// - Returns: a failure where an answer of a script failed.
  mutating func run(_ input: some LineInput, first: String?) -> Program.Status {
    var input = input
    if let first { answer(first) }
    while isHeard {
      switch input.next() {
      case .end:
        if isInteractive { put("\n") }
        return status
      case .interrupted:
        _ = Interrupt.take()
        if !isInteractive { return .interrupted }
      case .tooLong:
        complain("a line has more than \(ScriptInput.lineLimit) bytes and was skipped")
      case .line(let line):
        let text = trimmed(line)
        if text.isEmpty { continue }
        guard let slash = SlashLine(text) else {
          answer(text)
          continue
        }
        guard perform(slash) else { return status }
      }
    }
    return status
  }

  private var status: Program.Status { hasFailed && !isInteractive ? .failure : .ok }

  // MARK: What is said

  mutating func put(_ text: String) { isHeard = isHeard && Program.put(text) }

  /// Something beside the conversation, for a person alone.
  mutating func note(_ text: String) {
    guard isInteractive else { return }
    var wrap = WordWrap(width: Terminal.width)
    put(Terminal.styled(wrap.take(text) + wrap.end(), .dim) + "\n")
  }

  mutating func complain(_ message: String) {
    hasFailed = true
    Program.log("\(settings.program): \(Program.harmless(message))")
  }
}
