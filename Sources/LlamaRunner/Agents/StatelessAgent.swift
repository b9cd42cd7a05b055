/// Answers each query on its own. Any thread may call it, several at a time.
public struct StatelessAgent: Sendable {
  private let runner: LlamaRunner
  private let params: GenerationParams

  /// Loads the model, once for all queries.
  ///
  /// - Parameter params: how to answer; 200 tokens at most unless said otherwise.
  /// - Throws: what loading throws.
  public init(
    modelPath: String, params: GenerationParams = GenerationParams(maxTokens: 200)
  ) throws(LlamaError) {
    runner = try LlamaRunner(modelPath: modelPath)
    self.params = params
  }

  /// The answer to one query.
  ///
  /// - Throws: what `LlamaRunner.ask` throws.
  public func process(_ query: String) throws(LlamaError) -> String {
    try runner.ask(query, params: params).text
  }
}
