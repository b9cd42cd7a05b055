/// How to generate. Sampling narrows the vocabulary to the `topK` likeliest tokens, then to the
/// fewest whose probabilities reach `topP`, and draws at `temperature`.
public struct GenerationParams: Sendable, Equatable {
  /// Most tokens to generate; 1 or more.
  public var maxTokens: Int
  /// Randomness from 0, which takes the likeliest token always, to 5.
  public var temperature: Double
  /// Share of the probability to keep; above 0, and 1 keeps all.
  public var topP: Double
  /// Number of tokens to keep; 0 keeps all.
  public var topK: Int
  /// Makes the draws repeatable; nil draws a seed.
  public var seed: UInt32?
  /// CPU threads for single tokens, 1 to 512; nil leaves it to the runner. An engine has its own.
  public var threads: Int?
  /// CPU threads for prompts, 1 to 512; nil leaves it to the runner. An engine has its own.
  public var batchThreads: Int?

  /// The defaults of the llama_runner manual.
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
    guard topP > 0, topP <= 1 else {
      throw LlamaError(.invalidParameter, "top_p must be above 0 and at most 1, not \(topP)")
    }
    try check(topK, in: 0...Int(Int32.max), "top_k")
    if let threads { try check(threads, in: threadRange, "threads") }
    if let batchThreads { try check(batchThreads, in: threadRange, "batch_threads") }
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
