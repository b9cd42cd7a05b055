import LlamboWire

extension GenerationRequest {
  static func infer(
    _ prompt: String, maxTokens: Int? = 32, temperature: Double? = 0
  ) -> GenerationRequest {
    GenerationRequest(.prompt(prompt), maxTokens: maxTokens, temperature: temperature)
  }

  /// - Parameter turns: what was said before, by the user and the assistant in turn.
  static func chat(
    _ question: String, after turns: [String] = [], maxTokens: Int? = 96
  ) -> GenerationRequest {
    let messages = (turns + [question]).enumerated().map { place, content in
      Message(role: place % 2 == 0 ? "user" : "assistant", content: content)
    }
    return GenerationRequest(.messages(messages), maxTokens: maxTokens, temperature: 0)
  }

  /// A request whose answer goes on until the context is full, with `TirelessModel`.
  static let endless = infer("What is a cluster?", maxTokens: 1 << 20)
}

extension Client {
  /// Starts an answer that goes on until the context is full, and waits for its first tokens.
  func startEndless(_ id: String, tokens: Int = 2) throws {
    try send(.endless, id: id.isEmpty ? nil : id)
    try waitForTokens(tokens, of: id)
    guard let answer = answers[id], answer.end == nil else {
      throw NeverHappened(description: "an answer that goes on")
    }
  }
}
