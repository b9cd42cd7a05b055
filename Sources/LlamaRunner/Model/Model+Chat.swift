import CLlama

/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable {
  /// Who speaks: "system", "user", "assistant", or what else the model's template knows.
  public var role: String
  /// What is said.
  public var content: String

  /// A turn.
  public init(role: String, content: String) {
    self.role = role
    self.content = content
  }
}

extension Model {
  /// The prompt that the model's chat template makes of a conversation, up to where the
  /// assistant's answer begins. A model without a template gets ChatML.
  ///
  /// Tokenize it with `addSpecial` and `parseSpecial`: the BOS token is left to the tokenizer.
  ///
  /// The template runs in a child process: one that does not end within two seconds of processor
  /// time, takes more than 512 MiB or crashes is an error like any other.
  ///
  /// - Throws: `prompt_empty` without messages, `template_failed` with the template's own reason.
  public func chatPrompt(_ messages: [ChatMessage]) throws(LlamaError) -> String {
    guard !messages.isEmpty else { throw LlamaError(.promptEmpty, "there are no messages") }
    var bytes: [UInt8] = []
    var lengths: [Int] = []
    for message in messages {
      for text in [message.role, message.content] {
        bytes.append(contentsOf: text.utf8)
        lengths.append(text.utf8.count)
      }
    }
    var prompt = CText()
    var error = CText()
    let rendered = bytes.withUnsafeBytes {
      cllama_chat_prompt(
        handle.pointer, $0.baseAddress?.assumingMemoryBound(to: CChar.self), lengths,
        messages.count, &prompt.raw, &error.raw)
    }
    guard rendered else { throw LlamaError(.templateFailed, error.string) }
    return prompt.string
  }
}
