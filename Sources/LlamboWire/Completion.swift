import LlamboJSON

/// What a `DONE` line says of a finished answer.
package struct Completion: Equatable, Sendable {
  package enum FinishReason: String, Sendable {
    /// The model ended its answer.
    case stop
    /// `max_tokens` or the context was reached.
    case length
    case cancelled
  }

  /// The texts of all tokens, joined.
  package var text: String
  package var tokenCount: Int
  package var promptTokens: Int
  /// From the request's arrival at the worker to its last token, in milliseconds.
  package var completionTime: Double
  /// From the request's arrival at the worker to its first token, in milliseconds.
  package var firstTokenTime: Double
  package var finishReason: FinishReason
  /// The mean of the tokens' log-probabilities, 0 or less; nil unless the request has `logprobs`.
  package var meanLogProbability: Double?
  /// Who answered.
  package var node: String
  /// Who else was asked; nil unless the request was fused.
  package var fusion: FusionReport?

  package init(
    text: String, tokenCount: Int, promptTokens: Int, completionTime: Double,
    firstTokenTime: Double, finishReason: FinishReason, meanLogProbability: Double? = nil,
    node: String, fusion: FusionReport? = nil
  ) {
    self.text = text
    self.tokenCount = tokenCount
    self.promptTokens = promptTokens
    self.completionTime = completionTime
    self.firstTokenTime = firstTokenTime
    self.finishReason = finishReason
    self.meanLogProbability = meanLogProbability
    self.node = node
    self.fusion = fusion
  }

  package var body: JSON {
    var members: [JSON.Member] = [
      .init("text", .string(text)),
      .init("token_count", .integer(Int64(tokenCount))),
      .init("prompt_tokens", .integer(Int64(promptTokens))),
      .init("completion_time", .number(tenths(completionTime))),
      .init("first_token_time", .number(tenths(firstTokenTime))),
      .init("finish_reason", .string(finishReason.rawValue)),
    ]
    if let meanLogProbability {
      members.append(.init("mean_logprob", .number(meanLogProbability)))
    }
    members.append(.init("node", .string(node)))
    if let fusion { members.append(.init("fusion", fusion.body)) }
    return .object(members)
  }

  package init(body: JSON) throws(WireError) {
    guard let text = body["text"]?.string,
      let tokenCount = body["token_count"]?.integer,
      let reason = body["finish_reason"]?.string.flatMap({ FinishReason(rawValue: $0) })
    else {
      throw WireError(.invalidRequest, "a DONE line without text, token_count or finish_reason")
    }
    var fusion: FusionReport?
    if let value = body["fusion"] { fusion = try FusionReport(body: value) }
    self.init(
      text: text, tokenCount: tokenCount, promptTokens: body["prompt_tokens"]?.integer ?? 0,
      completionTime: body["completion_time"]?.number ?? 0,
      firstTokenTime: body["first_token_time"]?.number ?? 0,
      finishReason: reason, meanLogProbability: body["mean_logprob"]?.number,
      node: body["node"]?.string ?? "", fusion: fusion)
  }

  /// Whether the body of a `DONE` line says that the answer was cancelled; for a router, which
  /// reads no more of it. A text that says the same has its quotation marks escaped.
  package static func saysCancelled(_ body: Span<UInt8>) -> Bool {
    let name: StaticString = "\"finish_reason\":"
    let value: StaticString = "\"cancelled\""
    // From the end, where it stands behind the text.
    var start = body.count - name.utf8CodeUnitCount - value.utf8CodeUnitCount
    while start >= 0 {
      if body[start] == UInt8(ascii: "\""), starts(body, at: start, with: name) {
        return starts(body, at: start + name.utf8CodeUnitCount, with: value)
      }
      start -= 1
    }
    return false
  }

  private static func starts(
    _ body: Span<UInt8>, at start: Int, with text: StaticString
  ) -> Bool {
    (0..<text.utf8CodeUnitCount).allSatisfy { body[start + $0] == text.utf8Start[$0] }
  }

  private func tenths(_ milliseconds: Double) -> Double { (milliseconds * 10).rounded() / 10 }
}
