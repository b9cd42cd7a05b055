/// One answer while it is generated: draws its tokens, makes text of them, and knows when it is over.
///
/// A part whose text may be the beginning of a stop string is held back until that is decided, so
/// that the parts' texts, joined, are the answer's text.
struct AnswerBuilder {
  private let model: Model
  private let sampler: Sampler
  /// Most tokens of the answer.
  private let limit: Int
  private var assembler = UTF8Assembler()
  private var stops: StopMatcher
  /// Parts held back, the oldest first.
  private var held: [AnswerPart] = []
  /// Tokens that were passed on before this builder took the answer over.
  private let taken: Int

  private(set) var tokens: [Token] = []
  /// The text of the parts passed on.
  private(set) var text = ""
  /// How likely the tokens drawn here were; empty unless that was asked for.
  private(set) var likelihoods: [TokenLikelihood] = []
  /// Why the answer is over; nil while it goes on.
  private(set) var ending: FinishReason?
  /// Whether a stop string took some of the tokens' text away.
  private(set) var wasCut = false

  /// Begins an answer, or goes on with one of which some tokens were passed on already: sampler,
  /// penalties, grammar, text and stop strings are then as if they had been drawn here.
  ///
  /// - Parameters:
  ///   - limit: most tokens of the answer; `params.maxTokens` counts too.
  ///   - produced: the tokens that were passed on already.
  /// - Throws: `invalid_parameter` or `grammar_failed`.
  init(
    model: Model, params: GenerationParams, prompt: [Token], produced: [Token] = [], limit: Int
  ) throws(LlamaError) {
    let sampler = try Sampler(params, model: model)
    sampler.lookBack(at: prompt)
    try self.init(
      model: model, sampler: sampler, stops: params.stop, produced: produced,
      limit: min(limit, params.maxTokens))
  }

  init(
    model: Model, sampler: Sampler, stops: [String], produced: [Token] = [], limit: Int
  ) throws(LlamaError) {
    self.model = model
    self.sampler = sampler
    self.limit = limit
    self.stops = StopMatcher(stops)
    taken = produced.count
    var replayed: [AnswerPart] = []
    for token in produced {
      guard ending == nil else {
        throw LlamaError(
          .invalidParameter, "the answer was over after \(tokens.count) of the tokens produced")
      }
      try sampler.accept(token)
      append(token, likelihood: nil, into: &replayed)
    }
  }

  /// Draws the next token after the batch's token at `index` and appends the parts that can be
  /// passed on now.
  ///
  /// - Returns: the token to compute next; nil where the answer is over.
  mutating func draw(
    from context: borrowing LlamaContext, at index: Int, into parts: inout [AnswerPart]
  ) throws(LlamaError) -> Token? {
    guard case .token(let token, let likelihood) = try sampler.draw(from: context, at: index),
      !model.isEndOfGeneration(token)
    else {
      end(.stop, into: &parts)
      return nil
    }
    if let likelihood { likelihoods.append(likelihood) }
    append(token, likelihood: likelihood, into: &parts)
    return ending == nil ? token : nil
  }

  /// Ends the answer and appends what was held back. An answer that is over stays as it is.
  mutating func end(_ reason: FinishReason, into parts: inout [AnswerPart]) {
    guard ending == nil else { return }
    ending = reason
    release(held.count, into: &parts)
  }

  private mutating func append(
    _ token: Token, likelihood: TokenLikelihood?, into parts: inout [AnswerPart]
  ) {
    var piece = model.withPiece(of: token) { assembler.append($0) }
    let index = tokens.count
    tokens.append(token)
    if tokens.count >= limit { piece += assembler.finish() }
    held.append(AnswerPart(index: index, token: token, text: piece, likelihood: likelihood))
    switch stops.append(piece) {
    case .none: release(held.count, into: &parts)
    case .undecided(let bytes): release(wholeParts(before: bytes), into: &parts)
    case .stop(let bytes):
      wasCut = true
      cut(bytes)
      end(.stop, into: &parts)
    }
    if tokens.count >= limit { end(.length, into: &parts) }
  }

  /// How many of the parts held back end at or before the last `bytes` bytes of their text.
  private func wholeParts(before bytes: Int) -> Int {
    var after = 0
    for place in held.indices.reversed() {
      if after >= bytes { return place + 1 }
      after += held[place].text.utf8.count
    }
    return 0
  }

  /// Takes the last `bytes` bytes of the parts held back out of their texts, which are whole
  /// characters.
  private mutating func cut(_ bytes: Int) {
    var left = bytes
    for place in held.indices.reversed() where left > 0 {
      let text = held[place].text.utf8
      let gone = min(left, text.count)
      held[place].text = String(decoding: text.dropLast(gone), as: UTF8.self)
      left -= gone
    }
  }

  private mutating func release(_ count: Int, into parts: inout [AnswerPart]) {
    for part in held[..<count] {
      text += part.text
      if part.index >= taken { parts.append(part) }
    }
    held.removeFirst(count)
  }
}
