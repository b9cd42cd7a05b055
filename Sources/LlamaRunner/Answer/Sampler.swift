import CLlama

/// Draws the tokens of one answer. A draw is a function of the logits, the seed and the number of
/// tokens taken before it, so an answer that goes on elsewhere goes on as it would have here.
///
/// One thread at a time uses it.
final class Sampler: @unchecked Sendable {
  /// What came of a draw.
  enum Draw {
    case token(Token, TokenLikelihood?)
    /// The grammar's text is whole, and nothing may follow it.
    case grammarDone
  }

  private let pointer: OpaquePointer
  /// Keeps the vocabulary alive.
  private let model: Model
  private let toldCount: Int

  /// - Throws: `invalid_parameter` or `grammar_failed`.
  init(_ params: GenerationParams, model: Model) throws(LlamaError) {
    let biases = params.logitBias.map { cllama_token_bias(token: $0.key, bias: Float($0.value)) }
      .sorted { $0.token < $1.token }
    try model.checkTokens(biases.map(\.token))
    self.model = model
    toldCount = params.logprobs.map { min($0, model.vocabularySize) + 1 } ?? 0
    var error = CText()
    let created = biases.withUnsafeBufferPointer { biases in
      Self.withOptionalCString(params.grammar?.gbnf) { grammar in
        let options = cllama_sampler_options(
          temperature: Float(params.temperature), top_p: Float(params.topP),
          min_p: Float(params.minP), top_k: Int32(params.topK),
          repeat_penalty: Float(params.repeatPenalty),
          frequency_penalty: Float(params.frequencyPenalty),
          presence_penalty: Float(params.presencePenalty),
          penalty_window: Int32(params.repeatLastN), seed: params.seed ?? .random(in: 0 ... .max),
          biases: biases.baseAddress, bias_count: biases.count, grammar: grammar,
          never_ends: params.ignoreEOS)
        return cllama_sampler_create(model.handle.pointer, options, &error.raw)
      }
    }
    guard let created else {
      throw LlamaError(
        params.grammar == nil ? .invalidParameter : .grammarFailed,
        "no sampler: \(error.string)")
    }
    pointer = created
  }

  deinit { cllama_sampler_free(pointer) }

  /// Lets the penalties see what stands before the answer.
  func lookBack(at prompt: [Token]) {
    cllama_sampler_look_back(pointer, prompt, prompt.count)
  }

  /// Takes a token as if it had been drawn.
  ///
  /// - Throws: `invalid_parameter` where the grammar does not allow it there.
  func accept(_ token: Token) throws(LlamaError) {
    guard cllama_sampler_accept(pointer, token) else {
      throw LlamaError(.invalidParameter, "the grammar does not allow token \(token) there")
    }
  }

  /// The next token after the batch's token at `index`, which wanted logits.
  ///
  /// - Throws: `decode_failed` where there are none, `grammar_failed` where the model has no token
  ///   that the grammar allows.
  func draw(
    from context: borrowing LlamaContext, at index: Int
  ) throws(LlamaError) -> Draw {
    guard toldCount > 0 else { return try draw(context, index, nil) }
    var likelihood: TokenLikelihood?
    let told = UnsafeMutablePointer<cllama_token_probability>.allocate(capacity: toldCount)
    defer { told.deallocate() }
    let drawn = try draw(context, index, told)
    if case .token(let token, _) = drawn {
      likelihood = TokenLikelihood(UnsafeBufferPointer(start: told, count: toldCount))
      return .token(token, likelihood)
    }
    return drawn
  }

  private func draw(
    _ context: borrowing LlamaContext, _ index: Int,
    _ told: UnsafeMutablePointer<cllama_token_probability>?
  ) throws(LlamaError) -> Draw {
    var error = CText()
    let token = cllama_sample(
      pointer, context.pointer, Int32(index), told, told == nil ? 0 : Int32(toldCount), &error.raw)
    if token >= 0 { return .token(token, nil) }
    if token == Token(CLLAMA_GRAMMAR_DONE) { return .grammarDone }
    if token == Token(CLLAMA_GRAMMAR_STUCK) {
      throw LlamaError(
        .grammarFailed, "the model has no token that goes on as the grammar wants")
    }
    throw LlamaError(.decodeFailed, "no token was drawn: \(error.string)")
  }

  private static func withOptionalCString<Result>(
    _ text: String?, _ body: (UnsafePointer<CChar>?) -> Result
  ) -> Result {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
  }
}

extension TokenLikelihood {
  /// - Parameter told: the drawn token first.
  fileprivate init(_ told: UnsafeBufferPointer<cllama_token_probability>) {
    logProbability = Double(told[0].log_probability)
    likeliest = told.dropFirst().map {
      TokenProbability(token: $0.token, logProbability: Double($0.log_probability))
    }
  }
}
