/// Why a generation ended.
public enum FinishReason: String, Sendable {
  /// The model ended its answer, its grammar was complete, or a stop string came.
  case stop
  /// `maxTokens` tokens were generated, or the context is full.
  case length
  /// The caller no longer wants it.
  case cancelled
}

/// A whole answer.
public struct Generation: Sendable, Equatable {
  /// The answer; a character that the end cut in two is U+FFFD after `length`, left out otherwise.
  public var text: String
  /// The answer's tokens without the one that ended it.
  public var tokens: [Token]
  /// Tokens of the prompt.
  public var promptTokens: Int
  /// Why it ended.
  public var finishReason: FinishReason
  /// How likely each token was; empty unless `GenerationParams.logprobs` asks.
  public var likelihoods: [TokenLikelihood] = []

  /// The mean of the tokens' log-probabilities, 0 or less: the model's own confidence in its answer.
  /// Nil where `likelihoods` is empty.
  public var meanLogProbability: Double? { likelihoods.meanLogProbability }
}

extension Generation {
  init(_ answer: AnswerBuilder, promptTokens: Int) {
    self.init(
      text: answer.text, tokens: answer.tokens, promptTokens: promptTokens,
      finishReason: answer.ending ?? .cancelled, likelihoods: answer.likelihoods)
  }
}
