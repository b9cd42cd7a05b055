/// A prompt to continue.
public struct EngineRequest: Sendable, Equatable {
  /// The caller's number for it; free for use again once its last event was delivered.
  public var id: UInt64
  /// The prompt's tokens.
  public var prompt: [Token]
  /// How to generate; the thread counts are the engine's own.
  public var params: GenerationParams
  /// The beginning of the answer where another engine, or this one, gave it already: the answer
  /// goes on behind it as it would have there, with the next index, where `params` has a seed or
  /// draws nothing. `maxTokens` counts these tokens too.
  public var produced: [Token]

  /// A request.
  public init(
    id: UInt64, prompt: [Token], params: GenerationParams = GenerationParams(),
    produced: [Token] = []
  ) {
    self.id = id
    self.prompt = prompt
    self.params = params
    self.produced = produced
  }

  /// What is computed before the first draw.
  var input: [Token] { produced.isEmpty ? prompt : prompt + produced }
}

/// What an engine tells about its requests. Each accepted one ends in one `finished` or `failed`.
public enum EngineEvent: Sendable, Equatable {
  /// A token was generated. The parts' texts, joined, are the answer's text.
  case token(request: UInt64, AnswerPart)
  /// The generation ended.
  case finished(request: UInt64, GenerationSummary)
  /// The engine could not go on with it.
  case failed(request: UInt64, LlamaError)

  /// The request's number.
  public var request: UInt64 {
    switch self {
    case .token(let request, _), .finished(let request, _), .failed(let request, _): request
    }
  }
}

/// What a generation took. Times run from when the request was submitted unless said otherwise.
public struct GenerationSummary: Sendable, Equatable {
  /// Why it ended.
  public var reason: FinishReason
  /// The whole answer, with what was produced before.
  public var text: String
  /// Tokens of the prompt.
  public var promptTokens: Int
  /// Tokens of the answer, without the one that ended it.
  public var tokenCount: Int
  /// The mean of the log-probabilities of the tokens drawn here; nil unless
  /// `GenerationParams.logprobs` asks.
  public var meanLogProbability: Double?
  /// Milliseconds from when it got a slot until its prompt was computed; 0 if it never was.
  public var promptMilliseconds: Double
  /// Milliseconds until it ended.
  public var totalMilliseconds: Double
  /// Milliseconds until its first token; nil without one.
  public var firstTokenMilliseconds: Double?

  /// A summary.
  public init(
    reason: FinishReason, text: String, promptTokens: Int, tokenCount: Int,
    meanLogProbability: Double?, promptMilliseconds: Double, totalMilliseconds: Double,
    firstTokenMilliseconds: Double?
  ) {
    self.reason = reason
    self.text = text
    self.meanLogProbability = meanLogProbability
    self.promptTokens = promptTokens
    self.tokenCount = tokenCount
    self.promptMilliseconds = promptMilliseconds
    self.totalMilliseconds = totalMilliseconds
    self.firstTokenMilliseconds = firstTokenMilliseconds
  }
}

/// An engine's load.
public struct EngineStatus: Sendable, Equatable {
  /// Requests that can generate at once.
  public var slots: Int
  /// Requests that have a slot.
  public var active: Int
  /// Requests that wait for one.
  public var waiting: Int
  /// Prompt tokens computed so far.
  public var promptTokensTotal: UInt64
  /// Tokens generated so far.
  public var generatedTokensTotal: UInt64

  /// A load.
  public init(
    slots: Int, active: Int = 0, waiting: Int = 0, promptTokensTotal: UInt64 = 0,
    generatedTokensTotal: UInt64 = 0
  ) {
    self.slots = slots
    self.active = active
    self.waiting = waiting
    self.promptTokensTotal = promptTokensTotal
    self.generatedTokensTotal = generatedTokensTotal
  }
}
