/// A token with the probability that the model gives it.
public struct TokenProbability: Sendable, Equatable {
  /// The token.
  public var token: Token
  /// The natural logarithm of its probability: 0 or less.
  public var logProbability: Double

  /// A token with its probability.
  public init(token: Token, logProbability: Double) {
    self.token = token
    self.logProbability = logProbability
  }
}

/// How likely a drawn token was, before any bias, penalty or narrowing.
public struct TokenLikelihood: Sendable, Equatable {
  /// The natural logarithm of its probability.
  public var logProbability: Double
  /// As many of the likeliest tokens as `GenerationParams.logprobs` asks for, the likeliest first.
  public var likeliest: [TokenProbability]

  /// A likelihood.
  public init(logProbability: Double, likeliest: [TokenProbability]) {
    self.logProbability = logProbability
    self.likeliest = likeliest
  }
}

extension [TokenLikelihood] {
  /// The mean of the log-probabilities; nil without any.
  var meanLogProbability: Double? {
    isEmpty ? nil : reduce(0) { $0 + $1.logProbability } / Double(count)
  }
}

/// A token of an answer, as it is passed on.
public struct AnswerPart: Sendable, Equatable {
  /// Its place in the answer: from 0, without a gap.
  public var index: Int
  /// The token.
  public var token: Token
  /// The characters that it completes; empty where it completes none, or where they belong to a
  /// stop string.
  public var text: String
  /// How likely it was; nil unless `GenerationParams.logprobs` asks.
  public var likelihood: TokenLikelihood?

  /// A part.
  public init(index: Int, token: Token, text: String, likelihood: TokenLikelihood? = nil) {
    self.index = index
    self.token = token
    self.text = text
    self.likelihood = likelihood
  }
}
