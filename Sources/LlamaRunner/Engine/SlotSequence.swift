/// A request that has a slot: what is computed of it, and what comes next.
final class SlotSequence {
  let request: EngineRequest
  let order: UInt64
  private var answer: AnswerBuilder
  /// Tokens whose cells the context holds.
  private(set) var position: Int
  /// The sampled token whose cell the context does not hold yet.
  private var pending: Token?
  private var times: Times

  struct Times {
    let submitted: ContinuousClock.Instant
    let started: ContinuousClock.Instant
    var promptDone: ContinuousClock.Instant?
    var firstToken: ContinuousClock.Instant?
  }

  /// What is computed before the first draw.
  private let input: [Token]
  /// The tokens that have cells.
  var computedTokens: [Token] { Array((request.prompt + answer.tokens).prefix(position)) }

  /// - Parameter reused: tokens of the input that have cells already.
  init(
    _ submission: Mailbox.Submission, order: UInt64, reused: Int, now: ContinuousClock.Instant
  ) {
    request = submission.request
    input = submission.request.input
    answer = submission.answer
    self.order = order
    position = reused
    times = Times(submitted: submission.time, started: now)
  }

  var work: SlotWork {
    position < input.count
      ? .prefill(remaining: input.count - position, order: order) : .generate
  }

  /// Adds the next tokens to the batch.
  func add(_ part: BatchPart, to context: borrowing LlamaContext) {
    for offset in 0..<part.count {
      let at = position + offset
      guard let token = at < input.count ? input[at] : pending else {
        preconditionFailure("nothing to compute")
      }
      context.add(
        token, position: at, sequence: part.slot,
        wantsLogits: part.wantsLogits && offset == part.count - 1)
    }
  }

  /// Notes that the next `count` tokens were computed. Returns how many were the input's.
  func advance(_ count: Int) -> Int {
    let known = min(count, max(0, input.count - position))
    position += count
    return known
  }

  /// Draws after the batch's token at `index` and appends what can be passed on.
  ///
  /// - Returns: why the answer is over; nil where it goes on.
  func step(
    _ context: borrowing LlamaContext, at index: Int, now: ContinuousClock.Instant,
    into parts: inout [AnswerPart]
  ) throws(LlamaError) -> FinishReason? {
    if times.promptDone == nil { times.promptDone = now }
    pending = try answer.draw(from: context, at: index, into: &parts)
    if times.firstToken == nil, answer.tokens.count > request.produced.count {
      times.firstToken = now
    }
    return answer.ending
  }

  /// Ends the answer and appends what was held back of it.
  func end(_ reason: FinishReason, into parts: inout [AnswerPart]) {
    answer.end(reason, into: &parts)
  }

  func summary(now: ContinuousClock.Instant) -> GenerationSummary {
    GenerationSummary(
      answer, of: request,
      promptMilliseconds: times.promptDone.map { ($0 - times.started).milliseconds } ?? 0,
      totalMilliseconds: (now - times.submitted).milliseconds,
      firstTokenMilliseconds: times.firstToken.map { ($0 - times.submitted).milliseconds })
  }
}

extension GenerationSummary {
  init(
    _ answer: AnswerBuilder, of request: EngineRequest, promptMilliseconds: Double,
    totalMilliseconds: Double, firstTokenMilliseconds: Double?
  ) {
    self.init(
      reason: answer.ending ?? .cancelled, text: answer.text, promptTokens: request.prompt.count,
      tokenCount: answer.tokens.count, meanLogProbability: answer.likelihoods.meanLogProbability,
      promptMilliseconds: promptMilliseconds, totalMilliseconds: totalMilliseconds,
      firstTokenMilliseconds: firstTokenMilliseconds)
  }
}

extension Duration {
  var milliseconds: Double { self / .milliseconds(1) }
}
