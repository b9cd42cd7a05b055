/// The shortest way to an answer.
public enum Quick {
  /// Loads a model, answers once and forgets both.
  ///
  /// - Parameters:
  ///   - modelPath: a `.gguf` file, a `model.json`, or a folder that holds one.
  ///   - prompt: a user's question where the model has a chat template, else a text to go on from.
  ///   - maxTokens: most tokens of the answer.
  /// - Throws: what loading and `LlamaRunner.ask` throw.
  public static func generateOnce(
    _ modelPath: String, _ prompt: String, maxTokens: Int = 200
  ) throws(LlamaError) -> String {
    try LlamaRunner(modelPath: modelPath).ask(
      prompt, params: GenerationParams(maxTokens: maxTokens)
    ).text
  }

  /// Loads a model and begins a conversation with it.
  ///
  /// - Throws: what loading and `initStateful` throw.
  public static func createAgentRunner(
    _ modelPath: String, options: StatefulOptions = StatefulOptions()
  ) throws(LlamaError) -> LlamaRunner {
    let runner = try LlamaRunner(modelPath: modelPath)
    try runner.initStateful(options: options)
    return runner
  }
}

extension LlamaRunner {
  /// Answers one question by the model's chat template, or continues it as a text where the model
  /// has none. It keeps nothing.
  ///
  /// - Throws: what `generateStateless` throws.
  public func ask(
    _ question: String, params: GenerationParams = GenerationParams()
  ) throws(LlamaError) -> Generation {
    guard model.hasChatTemplate, !question.isEmpty else {
      return try generateStateless(question, params: params)
    }
    return try generateStateless([ChatMessage(role: "user", content: question)], params: params)
  }
}
