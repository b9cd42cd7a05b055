extension Conversation {
  /// Forgets what is old, so that of the turns at most `keepRecent` tokens stay; `frame` is not
  /// counted.
  mutating func forget(
    keepRecent: Int, method: ForgettingMethod
  ) throws(LlamaError) {
    try check(keepRecent, in: 0...Int(Int32.max), "keep_recent")
    guard !tokens.isEmpty, tokens.count - frame.count > keepRecent else { return }
    guard keepRecent > 0 else { return clear() }
    let kept = isChat ? try recentTurns(keepRecent) : recentText(keepRecent)
    turns = kept.turns
    tokens = kept.tokens
    text = kept.text
    if method == .shift {
      // The last token was sampled but perhaps never computed: the memory moves what it has.
      let ahead = max(0, kept.before - memory.tokens.count)
      if memory.shift(to: Array(tokens.dropLast(ahead))) { return }
    }
    // All of it anew: cells that were computed in batches of another shape differ in the last bits.
    memory.clear()
    _ = try memory.hold(tokens)
  }

  /// What stays, and how many tokens there were.
  private struct Kept {
    var turns: [Turn]
    var tokens: [Token]
    var text: String
    var before: Int
  }

  /// The most recent whole turns that fit; the last one without its beginning where not even that
  /// fits.
  private func recentTurns(_ count: Int) throws(LlamaError) -> Kept {
    for first in turns.indices {
      let kept = try turns(from: first)
      if kept.tokens.count - frame.count <= count { return kept }
    }
    return try endOfLastTurn(count)
  }

  private func turns(from first: Int) throws(LlamaError) -> Kept {
    // Turns before the first with a known place are put together anew.
    guard let known = turns[first...].firstIndex(where: { $0.answerStart != nil }),
      let old = turns[known].answerStart
    else { preconditionFailure("the last turn's place is always known") }
    let head = try model.chatPrompt(
      Self.messages(system, turns[first..<known], question: turns[known].question))
    let headTokens = try model.tokenize(head)
    var kept = Array(turns[first...])
    for index in kept.indices {
      guard let start = kept[index].answerStart else { continue }
      kept[index].answerStart = (
        start.token - old.token + headTokens.count, start.byte - old.byte + head.utf8.count
      )
    }
    return Kept(
      turns: kept, tokens: headTokens + tokens[old.token...],
      text: head + String(decoding: text.utf8.dropFirst(old.byte), as: UTF8.self),
      before: tokens.count)
  }

  private func endOfLastTurn(_ count: Int) throws(LlamaError) -> Kept {
    guard var turn = turns.last, let start = turn.answerStart else {
      preconditionFailure("the last turn's place is always known")
    }
    let answer = tokens[start.token...].suffix(count)
    turn.answer = model.text(of: answer)
    turn.question = try end(of: turn.question, tokens: count - answer.count)
    var head = try model.chatPrompt(Self.messages(system, [], question: turn.question))
    var headTokens = try model.tokenize(head)
    while headTokens.count + answer.count - frame.count > count, !turn.question.isEmpty {
      // Tokens of the part need not be the part of the tokens.
      turn.question = String(turn.question.dropFirst())
      head = try model.chatPrompt(Self.messages(system, [], question: turn.question))
      headTokens = try model.tokenize(head)
    }
    turn.answerStart = (headTokens.count, head.utf8.count)
    return Kept(
      turns: [turn], tokens: headTokens + answer, text: head + turn.answer, before: tokens.count)
  }

  private func end(of text: String, tokens count: Int) throws(LlamaError) -> String {
    let all = try model.tokenize(text, addSpecial: false)
    let end = model.text(of: all.suffix(count), renderSpecial: true)
    return String(end.drop { $0 == "\u{FFFD}" })
  }

  /// The last tokens of a running text behind its beginning.
  private func recentText(_ count: Int) -> Kept {
    let recent = Array(tokens.suffix(count))
    let moved = tokens.count - recent.count - frame.count
    var kept = turns.filter { ($0.answerStart?.token ?? 0) >= tokens.count - count }
    for index in kept.indices { kept[index].answerStart?.token -= moved }
    return Kept(
      turns: kept, tokens: frame + recent, text: model.text(of: recent, renderSpecial: true),
      before: tokens.count)
  }
}
