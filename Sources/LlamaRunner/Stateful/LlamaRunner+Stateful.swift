import Synchronization

/// A conversation that the runner remembers. Calls from several threads are taken one after the
/// other, whole answers at a time.
extension LlamaRunner {
  /// Begins a conversation: makes a context that stays, in place of one there was.
  ///
  /// - Throws: `invalid_parameter`, `prompt_too_long` where the system message fills the context,
  ///   `template_failed` where the model's template takes no system message, `context_failed`.
  public func initStateful(
    _ params: GenerationParams = GenerationParams(), options: StatefulOptions = StatefulOptions()
  ) throws(LlamaError) {
    try conversation.withLock { (conversation) throws(LlamaError) in
      conversation = try Conversation(model: model, params: params, options: options)
    }
  }

  /// Answers, with everything that was said before in view.
  ///
  /// - Parameters:
  ///   - text: the user's turn in a chat, the text to go on from otherwise.
  ///   - maxTokens: most tokens of the answer; nil for that of `initStateful`.
  ///   - onText: given each part of the answer as it comes, and "" before each batch of the
  ///     prompt; false ends the answer as `cancelled`. It runs inside the runner's lock, so it
  ///     must not call the runner.
  /// - Returns: the answer. Where the context ends before it, its reason is `length`.
  /// - Throws: `not_initialized`, `prompt_empty`, `context_full` where the conversation leaves no
  ///   room, `prompt_too_long` where the text alone does not fit, `invalid_parameter`,
  ///   `template_failed` or `decode_failed`. The conversation is then what it was before.
  @discardableResult
  public func generateStateful(
    _ text: String, maxTokens: Int? = nil, onText: (String) -> Bool = { _ in true }
  ) throws(LlamaError) -> Generation {
    try withConversation { (conversation) throws(LlamaError) in
      var params = conversation.params
      params.maxTokens = maxTokens ?? params.maxTokens
      let sampler = try TokenSampler(params, model: model)
      return try conversation.generate(
        text, maxTokens: params.maxTokens, sampler: sampler, proceed: onText)
    }
  }

  /// Answers like the call without a sampler, drawing each token with one of the caller's own.
  ///
  /// - Throws: what that call throws.
  @discardableResult
  public func generateStateful(
    _ text: String, maxTokens: Int, sampler: borrowing TokenSampler,
    onText: (String) -> Bool = { _ in true }
  ) throws(LlamaError) -> Generation {
    try check(maxTokens, in: 1...Int(Int32.max), "max_tokens")
    return try withConversation { (conversation) throws(LlamaError) in
      try conversation.generate(text, maxTokens: maxTokens, sampler: sampler, proceed: onText)
    }
  }

  /// How full the conversation's context is.
  ///
  /// - Throws: `not_initialized`.
  public func contextInfo() throws(LlamaError) -> ContextInfo {
    try withConversation { $0.info }
  }

  /// Forgets the conversation's beginning, so that of its turns at most `keepRecent` tokens stay.
  ///
  /// A chat keeps its most recent whole turns, or the end of the last one where that alone is
  /// longer; a plain text keeps its last tokens. The system message and the template's own marks
  /// stay and are not counted. Where there is nothing to forget, nothing changes.
  ///
  /// - Throws: `not_initialized`, `invalid_parameter` or `decode_failed`.
  public func gcContext(
    keepRecent: Int, method: ForgettingMethod = .reevaluate
  ) throws(LlamaError) {
    try withConversation { (conversation) throws(LlamaError) in
      try conversation.forget(keepRecent: keepRecent, method: method)
    }
  }

  /// Forgets everything but the system message.
  ///
  /// - Throws: `not_initialized`.
  public func clearContext() throws(LlamaError) {
    try withConversation { $0.clear() }
  }

  /// What the conversation still remembers, the system message first.
  ///
  /// - Throws: `not_initialized`.
  public func contextMessages() throws(LlamaError) -> [ChatMessage] {
    try withConversation { $0.messages }
  }

  /// The conversation's tokens, template marks and all: what a new context would be given to know
  /// the same.
  ///
  /// - Throws: `not_initialized`.
  public func contextTokens() throws(LlamaError) -> [Token] {
    try withConversation { $0.tokens }
  }

  func withConversation<Result: Sendable>(
    _ body: (inout Conversation) throws(LlamaError) -> Result
  ) throws(LlamaError) -> Result {
    try conversation.withLock { (conversation) throws(LlamaError) -> Result in
      guard conversation != nil else {
        throw LlamaError(.notInitialized, "there is no conversation: call initStateful first")
      }
      return try body(&conversation!)
    }
  }
}
