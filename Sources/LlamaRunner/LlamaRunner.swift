import Synchronization

/// Runs a model in this process: single answers from contexts of their own, and one conversation
/// that it remembers. Any thread may call it.
public final class LlamaRunner: Sendable {
  /// The model.
  public let model: Model
  /// What `initStateful` began.
  let conversation = Mutex<Conversation?>(nil)

  /// Most prompt tokens computed at once.
  static let batchSize = 512

  /// Loads a `.gguf` file, a `model.json`, or a folder that holds a `model.json`.
  ///
  /// - Throws: what `Model.init` throws.
  public init(modelPath: String, options: ModelOptions = ModelOptions()) throws(LlamaError) {
    model = try Model(path: modelPath, options: options)
  }

  /// A runner of a model that is loaded.
  public init(model: Model) {
    self.model = model
  }

  /// Continues a prompt in a context of its own, made and freed for the call. It keeps nothing.
  ///
  /// - Throws: `prompt_empty`, `prompt_too_long`, `invalid_parameter`, `context_failed` or
  ///   `decode_failed`.
  public func generateStateless(
    _ prompt: String, params: GenerationParams = GenerationParams()
  ) throws(LlamaError) -> Generation {
    guard !prompt.isEmpty else { throw LlamaError(.promptEmpty, "the prompt is empty") }
    return try generateStateless(try model.tokenize(prompt), params: params)
  }

  /// Answers a conversation as the model's chat template puts it. It keeps nothing.
  ///
  /// - Throws: `template_failed`, and what the call with a prompt throws.
  public func generateStateless(
    _ messages: [ChatMessage], params: GenerationParams = GenerationParams()
  ) throws(LlamaError) -> Generation {
    try generateStateless(try model.chatPrompt(messages), params: params)
  }

  /// Continues prompt tokens in a context of its own. It keeps nothing.
  ///
  /// - Throws: what the call with a prompt throws.
  public func generateStateless(
    _ prompt: [Token], params: GenerationParams = GenerationParams()
  ) throws(LlamaError) -> Generation {
    try params.validate()
    try model.checkPrompt(prompt, contextSize: model.contextLength)
    let threads = params.threads ?? ThreadDefaults.generation
    let contextSize = min(model.contextLength, prompt.count + params.maxTokens)
    let batchSize = min(Self.batchSize, contextSize)
    let context = try LlamaContext(
      model: model,
      options: .init(
        contextSize: contextSize, batchSize: batchSize, microBatchSize: batchSize,
        threads: threads,
        batchThreads: params.batchThreads ?? params.threads ?? ThreadDefaults.prompt))
    var answer = try AnswerBuilder(
      model: model, params: params, prompt: prompt, limit: contextSize - prompt.count)
    var parts: [AnswerPart] = []
    var input = prompt[...]
    var position = 0
    while true {
      var last = 0
      while !input.isEmpty {
        let chunk = input.prefix(batchSize)
        context.clearBatch()
        for (offset, token) in chunk.enumerated() {
          context.add(
            token, position: position + offset, sequence: 0,
            wantsLogits: offset == input.count - 1)
        }
        try context.decode()
        position += chunk.count
        last = chunk.count - 1
        input = input.dropFirst(chunk.count)
      }
      guard let token = try answer.draw(from: context, at: last, into: &parts) else { break }
      input = [token]
    }
    return Generation(answer, promptTokens: prompt.count)
  }
}

extension Model {
  /// Refuses a prompt that leaves no room for an answer, or with tokens the model does not have.
  func checkPrompt(_ prompt: [Token], contextSize: Int) throws(LlamaError) {
    guard !prompt.isEmpty else { throw LlamaError(.promptEmpty, "the prompt has no token") }
    guard prompt.count < contextSize else {
      throw LlamaError(
        .promptTooLong,
        "the prompt has \(prompt.count) tokens; the context holds \(contextSize) and needs room "
          + "for an answer")
    }
    try checkTokens(prompt)
  }

  /// Refuses tokens that the model does not have.
  func checkTokens(_ tokens: [Token]) throws(LlamaError) {
    guard let stranger = tokens.first(where: { $0 < 0 || $0 >= vocabularySize }) else { return }
    throw LlamaError(
      .invalidParameter, "token \(stranger) is not one of the vocabulary's \(vocabularySize)")
  }
}
