import LlamaRunner
import LlamboJSON
import LlamboWire

extension WireError {
  /// The library's codes are the wire's.
  init(_ error: LlamaError) { self.init(Code(error.code.name), error.message) }
}

extension GenerationParams {
  /// What the request leaves open takes the library's defaults.
  ///
  /// - Throws: `grammar_failed`.
  init(_ request: GenerationRequest) throws(LlamaError) {
    self.init()
    if let value = request.maxTokens { maxTokens = value }
    if let value = request.temperature { temperature = value }
    if let value = request.topP { topP = value }
    if let value = request.topK { topK = value }
    seed = request.seed
    if let value = request.minP { minP = value }
    if let value = request.repeatPenalty { repeatPenalty = value }
    if let value = request.frequencyPenalty { frequencyPenalty = value }
    if let value = request.presencePenalty { presencePenalty = value }
    if let value = request.repeatLastN { repeatLastN = value }
    stop = request.stop
    logprobs = request.logprobs
    ignoreEOS = request.ignoreEOS
    logitBias = request.logitBias
    switch request.grammar {
    case .gbnf(let rules): grammar = try Grammar(gbnf: rules)
    case .jsonSchema(let schema): grammar = try Grammar(jsonSchema: "\(schema)")
    case nil: break
    }
  }
}

extension Completion {
  init(_ summary: GenerationSummary, node: String) {
    let reason: FinishReason =
      switch summary.reason {
      case .stop: .stop
      case .length: .length
      case .cancelled: .cancelled
      }
    self.init(
      text: summary.text, tokenCount: summary.tokenCount, promptTokens: summary.promptTokens,
      completionTime: summary.totalMilliseconds,
      firstTokenTime: summary.firstTokenMilliseconds ?? summary.totalMilliseconds,
      finishReason: reason, meanLogProbability: summary.meanLogProbability, node: node)
  }
}

extension LineWriter {
  mutating func token(_ part: AnswerPart, of model: Model, id: String?) {
    guard let likelihood = part.likelihood else {
      return token(index: part.index, token: part.token, text: part.text, id: id)
    }
    let likeliest = likelihood.likeliest.map { other -> JSON in
      [
        "id": .integer(Int64(other.token)), "text": .string(model.text(of: [other.token])),
        "logprob": .number(other.logProbability),
      ]
    }
    token(
      index: part.index, token: part.token, text: part.text, id: id,
      further: [
        .init("logprob", .number(likelihood.logProbability)),
        .init("top_logprobs", .array(likeliest)),
      ])
  }
}
