/// How to generate. Biases and penalties change what the model says of each token; sampling then
/// narrows the vocabulary to the `topK` likeliest tokens, to the fewest of them whose probabilities
/// reach `topP`, and to those that reach `minP`, and draws at `temperature` what the grammar allows.
public struct GenerationParams: Sendable, Equatable {
  /// Most tokens to generate; 1 or more.
  public var maxTokens: Int
  /// Randomness from 0, which takes the likeliest token always, to 5.
  public var temperature: Double
  /// Share of the probability to keep; above 0, and 1 keeps all.
  public var topP: Double
  /// Number of tokens to keep; 0 keeps all.
  public var topK: Int
  /// Makes the draws repeatable: each is a function of the seed and of its place in the answer. Nil
  /// draws a seed.
  public var seed: UInt32?
  /// CPU threads for single tokens, 1 to 512; nil leaves it to the runner. An engine has its own.
  public var threads: Int?
  /// CPU threads for prompts, 1 to 512; nil leaves it to the runner. An engine has its own.
  public var batchThreads: Int?

  /// Least probability to keep, as a share of the likeliest token's, from 0, which keeps all, to 1.
  public var minP = 0.0
  /// Makes tokens that occurred less likely: their logits are divided by it, or multiplied where
  /// negative. Above 0 and up to 10; 1 changes nothing.
  public var repeatPenalty = 1.0
  /// Taken off a token's logit for each time that it occurred, -10 to 10.
  public var frequencyPenalty = 0.0
  /// Taken off the logit of a token that occurred, -10 to 10.
  public var presencePenalty = 0.0
  /// Tokens of prompt and answer that the penalties look back at: -1 for all, 0 for none.
  public var repeatLastN = 64
  /// Texts that end the answer and are no part of it: at most `stopLimit`, each of 1 to
  /// `stopBytesLimit` bytes of UTF-8.
  public var stop: [String] = []
  /// What the answer may be.
  public var grammar: Grammar?
  /// Added to the logits of tokens, -100 to 100; -infinity rules a token out.
  public var logitBias: [Token: Double] = [:]
  /// Tell how likely each token was, and as many of the likeliest, 0 to `logprobsLimit`.
  public var logprobs: Int?
  /// Never end the answer before `maxTokens`.
  public var ignoreEOS = false

  /// Most stop strings.
  public static let stopLimit = 16
  /// Most bytes of a stop string.
  public static let stopBytesLimit = 256
  /// Most tokens that `logprobs` asks for.
  public static let logprobsLimit = 20

  /// The defaults of the llama_runner manual; all else is off.
  public init(
    maxTokens: Int = 128, temperature: Double = 0.7, topP: Double = 0.9, topK: Int = 40,
    seed: UInt32? = nil, threads: Int? = nil, batchThreads: Int? = nil
  ) {
    self.maxTokens = maxTokens
    self.temperature = temperature
    self.topP = topP
    self.topK = topK
    self.seed = seed
    self.threads = threads
    self.batchThreads = batchThreads
  }

  /// Refuses what is out of range.
  ///
  /// - Throws: `invalid_parameter` naming the field and its range.
  public func validate() throws(LlamaError) {
    try check(maxTokens, in: 1...Int(Int32.max), "max_tokens")
    try check(temperature, in: 0...5, "temperature")
    try check(topP, above: 0, upTo: 1, "top_p")
    try check(topK, in: 0...Int(Int32.max), "top_k")
    if let threads { try check(threads, in: threadRange, "threads") }
    if let batchThreads { try check(batchThreads, in: threadRange, "batch_threads") }
    try check(minP, in: 0...1, "min_p")
    try check(repeatPenalty, above: 0, upTo: 10, "repeat_penalty")
    try check(frequencyPenalty, in: -10...10, "frequency_penalty")
    try check(presencePenalty, in: -10...10, "presence_penalty")
    try check(repeatLastN, in: -1...Int(Int32.max), "repeat_last_n")
    if let logprobs { try check(logprobs, in: 0...Self.logprobsLimit, "logprobs") }
    try validateStops()
    for (token, bias) in logitBias where bias != -.infinity {
      try check(bias, in: -100...100, "logit_bias of token \(token)")
    }
  }

  private func validateStops() throws(LlamaError) {
    guard stop.count <= Self.stopLimit else {
      throw LlamaError(
        .invalidParameter,
        "stop must have at most \(Self.stopLimit) strings, not \(stop.count)")
    }
    for text in stop {
      try check(text.utf8.count, in: 1...Self.stopBytesLimit, "bytes of a stop string")
    }
  }
}

/// CPU threads that one computation may have.
let threadRange = 1...512

/// Throws `invalid_parameter` naming the field where its value, or a NaN, is out of range.
func check<Value>(
  _ value: Value, in range: ClosedRange<Value>, _ name: String
) throws(LlamaError) {
  guard range.contains(value) else {
    throw LlamaError(
      .invalidParameter,
      "\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
  }
}

/// The same for a range without its lower bound.
private func check(
  _ value: Double, above lower: Double, upTo upper: Double, _ name: String
) throws(LlamaError) {
  guard value > lower, value <= upper else {
    throw LlamaError(
      .invalidParameter, "\(name) must be above \(lower) and at most \(upper), not \(value)")
  }
}
