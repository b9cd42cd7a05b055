import LlamaRunner

/// What to answer, and how.
///
/// Beside the initializers' parameters, each field of `GenerationParams` is a field of the request:
/// `request.topK = 20`, `request.stop = ["\n"]`, `request.grammar = …`. The thread counts among them
/// count for nothing here, since a context, or a worker, has its own.
@dynamicMemberLookup
public struct InferenceRequest: Sendable {
  /// What is answered.
  public enum Input: Sendable, Equatable {
    /// Text that the model goes on from, as it stands.
    case prompt(String)
    /// Turns of a conversation, put as the model's chat template wants them.
    case messages([ChatMessage])
  }

  /// What is answered.
  public var input: Input
  /// How.
  public var params: GenerationParams
  /// The context that `infer(_:)` answers in. Nodes and clusters have their own.
  public var context: Context?
  /// Several nodes of a cluster that answer at once; nil for one. An orchestrator alone can do that.
  public var fusion: Fusion?

  /// A request that goes on from a text, as it stands.
  ///
  /// - Parameters:
  ///   - maxTokens: the most tokens of the answer, from 1.
  ///   - temperature: randomness, from 0, which takes the likeliest token always, to 5.
  ///   - topP: the share of the probability to draw from, above 0 and up to 1.
  ///   - seed: makes the draws repeatable; nil draws one.
  ///   - context: for `infer(_:)`.
  public init(
    prompt: String, maxTokens: Int = 128, temperature: Double = 0.7, topP: Double = 0.9,
    seed: UInt32? = nil, context: Context? = nil
  ) {
    input = .prompt(prompt)
    params = GenerationParams(
      maxTokens: maxTokens, temperature: temperature, topP: topP, seed: seed)
    self.context = context
  }

  /// A request that answers a conversation; the parameters are the other initializer's.
  public init(
    messages: [ChatMessage], maxTokens: Int = 128, temperature: Double = 0.7, topP: Double = 0.9,
    seed: UInt32? = nil, context: Context? = nil
  ) {
    self.init(
      prompt: "", maxTokens: maxTokens, temperature: temperature, topP: topP, seed: seed,
      context: context)
    input = .messages(messages)
  }

  /// A question to the model as a chat assistant: one turn of the user's.
  public static func question(
    _ text: String, maxTokens: Int = 128, temperature: Double = 0.7
  ) -> InferenceRequest {
    InferenceRequest(
      messages: [ChatMessage(role: "user", content: text)], maxTokens: maxTokens,
      temperature: temperature)
  }

  /// A field of `params`.
  public subscript<Value>(
    dynamicMember field: WritableKeyPath<GenerationParams, Value>
  ) -> Value {
    get { params[keyPath: field] }
    set { params[keyPath: field] = newValue }
  }
}
