/// Why a generation ended.
public enum FinishReason: String, Sendable {
  /// The model ended its answer.
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
}
