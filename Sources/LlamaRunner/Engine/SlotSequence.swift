/// A request that has a slot: what is computed of it, and what comes next.
final class SlotSequence {
  let request: EngineRequest
  let order: UInt64
  private let sampler: Sampler
  private var assembler = UTF8Assembler()
  /// Tokens whose cells the context holds.
  private(set) var position: Int
  /// The sampled token whose cell the context does not hold yet.
  private var pending: Token?
  private var generated: [Token] = []
  private var times: Times

  struct Times {
    let submitted: ContinuousClock.Instant
    let started: ContinuousClock.Instant
    var promptDone: ContinuousClock.Instant?
    var firstToken: ContinuousClock.Instant?
  }

  /// What a sampled token means for the request.
  enum Step: Equatable {
    case token(index: Int, text: String)
    /// The last token: the generation ends by length.
    case lastToken(index: Int, text: String)
    /// The model ended its answer.
    case stop
  }

  var tokenCount: Int { generated.count }
  /// The tokens that have cells.
  var computedTokens: [Token] { Array((request.prompt + generated).prefix(position)) }

  /// - Parameter reused: tokens of the prompt that have cells already.
  init(
    _ submission: Mailbox.Submission, order: UInt64, reused: Int, now: ContinuousClock.Instant
  ) throws(LlamaError) {
    request = submission.request
    self.order = order
    position = reused
    sampler = try Sampler(submission.request.params)
    times = Times(submitted: submission.time, started: now)
  }

  var work: SlotWork {
    position < request.prompt.count
      ? .prefill(remaining: request.prompt.count - position, order: order) : .generate
  }

  /// Adds the next tokens to the batch.
  func add(_ part: BatchPart, to context: borrowing LlamaContext) {
    for offset in 0..<part.count {
      let at = position + offset
      guard let token = at < request.prompt.count ? request.prompt[at] : pending else {
        preconditionFailure("nothing to compute")
      }
      context.add(
        token, position: at, sequence: part.slot,
        wantsLogits: part.wantsLogits && offset == part.count - 1)
    }
  }

  /// Notes that the next `count` tokens were computed. Returns how many were the prompt's.
  func advance(_ count: Int) -> Int {
    let prompt = min(count, max(0, request.prompt.count - position))
    position += count
    return prompt
  }

  /// Samples after the batch's token at `index`.
  func step(
    _ context: borrowing LlamaContext, at index: Int, model: Model, contextSize: Int,
    now: ContinuousClock.Instant
  ) throws(LlamaError) -> (token: Token, step: Step) {
    if times.promptDone == nil { times.promptDone = now }
    let token = try context.sample(sampler, at: index)
    if model.isEndOfGeneration(token) { return (token, .stop) }
    if times.firstToken == nil { times.firstToken = now }
    let index = tokenCount
    generated.append(token)
    pending = token
    let text = model.withPiece(of: token) { assembler.append($0) }
    if tokenCount == request.params.maxTokens
      || request.prompt.count + tokenCount >= contextSize
    {
      return (token, .lastToken(index: index, text: text + assembler.finish()))
    }
    return (token, .token(index: index, text: text))
  }

  func summary(_ reason: FinishReason, now: ContinuousClock.Instant) -> GenerationSummary {
    GenerationSummary(
      reason: reason, promptTokens: request.prompt.count, tokenCount: tokenCount,
      promptMilliseconds: times.promptDone.map { ($0 - times.started).milliseconds } ?? 0,
      totalMilliseconds: (now - times.submitted).milliseconds,
      firstTokenMilliseconds: times.firstToken.map { ($0 - times.submitted).milliseconds })
  }
}

extension Duration {
  var milliseconds: Double { self / .milliseconds(1) }
}
