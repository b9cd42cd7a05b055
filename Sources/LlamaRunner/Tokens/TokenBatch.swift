/// Tokens at consecutive positions of one sequence, to be computed at once.
public struct TokenBatch: Sendable, Equatable {
  /// The tokens.
  public var tokens: [Token]
  /// The first one's position, 0 at the beginning of a context.
  public var startPosition: Int

  /// A batch.
  public init(tokens: [Token], startPosition: Int) {
    self.tokens = tokens
    self.startPosition = startPosition
  }

  /// The position after the last token: where the next batch goes on.
  public var endPosition: Int { startPosition + tokens.count }
}
