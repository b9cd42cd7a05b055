import LlamboCommand
import LlamboIO
import LlamboJSON
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A conversation in a file: `{"messages":[{"role":…,"content":…},…]}`, as `CHAT` has them.
struct ConversationFile {
  /// The most bytes that a file may have.
  static let limit = 16 << 20

  let path: String

  /// - Parameter name: a path; `~/` at its beginning is the home folder.
  init(_ name: String) {
    guard name.hasPrefix("~/"), let home = getenv("HOME") else {
      path = name
      return
    }
    path = String(cString: home) + name.dropFirst()
  }

  /// Writes the file as a whole: whoever reads it sees the old one or the new one.
  ///
  /// - Parameter unanswered: a question that has no answer yet.
  func save(_ conversation: Conversation, unanswered: String?) throws(ControlError) {
    var messages = conversation.messages(asking: unanswered ?? "", from: 0)
    if unanswered == nil { messages.removeLast() }
    let body: JSON = ["messages": GenerationRequest.body(of: messages)]
    do throws(SystemError) {
      try PrivateFile(path).replace(with: Array("\(body)\n".utf8))
    } catch {
      throw ControlError(error.description, .osError)
    }
  }

  /// - Returns: the conversation, and its last question where that has no answer.
  func load() throws(ControlError) -> (Conversation, unanswered: String?) {
    do {
      var status = stat()
      guard stat(path, &status) == 0 else { throw SystemError("read \(path)") }
      guard status.st_size <= Self.limit else {
        throw WireError(.outOfRange, "it has more than \(Self.limit >> 20) MiB")
      }
      guard let bytes = try PrivateFile(path).read() else {
        throw SystemError("read \(path)", code: ENOENT)
      }
      var fields = try FieldReader(try JSON.parse(bytes.span))
      let messages = fields.value("messages")
      try fields.finish()
      if messages == [] { return (Conversation(), nil) }
      return try conversation(of: try GenerationRequest.messages(messages))
    } catch let error as SystemError {
      throw ControlError(error.description, .osError)
    } catch {
      let reason = (error as? WireError)?.message ?? "\(error)"
      throw ControlError("\(path) holds no conversation: \(reason)", .dataError)
    }
  }

  private func conversation(
    of messages: [Conversation.Message]
  ) throws(WireError) -> (Conversation, unanswered: String?) {
    var conversation = Conversation()
    var question: String?
    for (place, message) in messages.enumerated() {
      switch (message.role, question) {
      case ("system", nil) where place == 0: conversation.system = message.content
      case ("user", nil): question = message.content
      case ("assistant", let asked?):
        conversation.turns.append(.init(question: asked, answer: message.content))
        question = nil
      default:
        throw WireError(
          .invalidRequest,
          "message \(place + 1) is of \"\(message.role)\", but after at most one of \"system\" "
            + "there must be \"user\" and \"assistant\" in turn")
      }
    }
    return (conversation, question)
  }
}
