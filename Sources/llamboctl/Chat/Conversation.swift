import LlamboWire

/// What was asked and answered, and what the model is told before all of it.
struct Conversation: Equatable, Sendable {
  typealias Message = GenerationRequest.Message

  struct Turn: Equatable, Sendable {
    var question: String
    var answer: String
  }

  var system: String?
  var turns: [Turn] = []
  /// How many turns, the oldest, are no longer sent, for they do not fit a prompt.
  var leftOut = 0

  /// The messages with which `question` is asked.
  ///
  /// - Parameter first: the oldest turn to send.
  func messages(asking question: String, from first: Int) -> [Message] {
    var messages: [Message] = []
    if let system { messages.append(Message(role: "system", content: system)) }
    for turn in turns[first...] {
      messages.append(Message(role: "user", content: turn.question))
      messages.append(Message(role: "assistant", content: turn.answer))
    }
    messages.append(Message(role: "user", content: question))
    return messages
  }

  /// Forgets what was said, but for the system message.
  mutating func clear() {
    turns = []
    leftOut = 0
  }

  mutating func removeLast() {
    turns.removeLast()
    leftOut = min(leftOut, turns.count)
  }
}
