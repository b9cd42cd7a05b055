import LlamboWire

extension PromptDigest {
  /// - Parameter request: in a conversation, all turns count as one text.
  package init(_ request: GenerationRequest) {
    let maxTokens = request.maxTokens ?? 128
    switch request.input {
    case .prompt(let prompt): self.init(prompt, maxTokens: maxTokens)
    case .messages(let turns):
      var text: [UInt8] = []
      for turn in turns {
        text += turn.role.utf8
        text.append(UInt8(ascii: "\n"))
        text += turn.content.utf8
        text.append(UInt8(ascii: "\n"))
      }
      self.init(of: text.span, turns: turns.count, maxTokens: maxTokens)
    }
  }
}
