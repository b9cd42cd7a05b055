/// How many turns of a conversation fit a prompt that leaves room for an answer.
struct ContextWindow: Equatable, Sendable {
  /// Tokens of a prompt and its answer together.
  let size: Int
  /// Tokens that the prompt leaves for the answer.
  let room: Int

  /// - Parameters:
  ///   - size: tokens that the smallest slot of the cluster holds.
  ///   - answer: the most tokens of an answer. Half of the context is kept for it at most.
  init(size: Int, answer: Int) {
    self.size = size
    room = min(answer, size / 2)
  }

  /// The oldest turn that is sent, so that all from it on fit; `count` where not even the last one
  /// does, or there is none.
  ///
  /// - Parameters:
  ///   - count: turns of the conversation.
  ///   - first: the oldest one that was sent before; those before it have been left out for good.
  ///   - measure: counts the tokens of the prompt that begins with a turn; the later the turn, the
  ///     fewer. Nil where that is not to be known: then nothing is left out.
  func firstTurn(
    of count: Int, from first: Int, measure: (Int) throws -> Int?
  ) rethrows -> Int {
    guard first < count, let whole = try measure(first), whole + room > size else { return first }
    var tooMany = first
    var fits = count
    while fits - tooMany > 1 {
      let middle = tooMany + (fits - tooMany) / 2
      guard let tokens = try measure(middle) else { return first }
      if tokens + room > size { tooMany = middle } else { fits = middle }
    }
    return fits
  }
}
