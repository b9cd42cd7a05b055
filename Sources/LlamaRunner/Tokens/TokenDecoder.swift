/// A context for one sequence that is told token by token what to compute. It is freed with its
/// owner's end. One thread at a time uses it.
public struct TokenDecoder: ~Copyable, Sendable {
  private let model: Model
  private var memory: SequenceMemory

  /// A context over a model.
  ///
  /// - Parameters:
  ///   - contextSize: tokens that it holds, up to the model's own number; nil for what
  ///     `StatefulOptions` takes.
  ///   - params: whose threads it takes.
  /// - Throws: `invalid_parameter` or `context_failed`.
  public init(
    model: Model, contextSize: Int? = nil, params: GenerationParams = GenerationParams()
  ) throws(LlamaError) {
    try params.validate()
    let capacity = contextSize ?? min(model.contextLength, StatefulOptions.defaultContextSize)
    try check(capacity, in: 1...model.contextLength, "context_size")
    memory = try SequenceMemory(model: model, capacity: capacity, params: params)
    self.model = model
  }

  /// How full the context is.
  public var info: ContextInfo {
    ContextInfo(usedTokens: memory.tokens.count, totalCapacity: memory.capacity)
  }

  /// Computes a batch. What the context held from its first position on is forgotten.
  ///
  /// - Throws: `prompt_empty` without tokens, `invalid_parameter` where it begins behind what the
  ///   context holds or has tokens that the model does not have, `context_full`, `decode_failed`.
  public mutating func decode(_ batch: TokenBatch) throws(LlamaError) {
    guard !batch.tokens.isEmpty else { throw LlamaError(.promptEmpty, "the batch has no token") }
    try check(batch.startPosition, in: 0...memory.tokens.count, "start_position")
    guard batch.endPosition <= memory.capacity else {
      throw LlamaError(
        .contextFull,
        "the batch ends at position \(batch.endPosition); the context holds \(memory.capacity)")
    }
    try model.checkTokens(batch.tokens)
    memory.keep(batch.startPosition)
    try memory.append(batch.tokens)
  }

  /// The next token after those computed; nil where the sampler's grammar is at its end.
  ///
  /// - Throws: `decode_failed` where nothing was computed, `grammar_failed` where the model has no
  ///   token that the sampler's grammar allows.
  public func sample(_ sampler: borrowing TokenSampler) throws(LlamaError) -> Token? {
    switch try memory.draw(sampler.sampler) {
    case .token(let token, _): token
    case .grammarDone: nil
    }
  }

  /// What the model makes of the tokens computed: one unnormalised log-probability a token of the
  /// vocabulary; empty where nothing was computed.
  public var logits: [Float] { memory.logits }
}
