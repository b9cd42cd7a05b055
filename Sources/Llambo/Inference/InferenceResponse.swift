import LlamaRunner
import LlamboJSON
import LlamboWire

/// A whole answer.
public struct InferenceResponse: Sendable, Equatable {
  /// The texts of all tokens, joined.
  public var text: String
  /// Tokens of the answer, without the one that ended it.
  public var tokenCount: Int
  /// Tokens of the prompt.
  public var promptTokens: Int
  /// From the request's arrival where it was answered to its last token.
  public var completionTime: Duration
  /// From the request's arrival where it was answered to its first token.
  public var firstTokenTime: Duration
  /// Why it ended: `stop`, or `length`. One that was cancelled is an error instead.
  public var finishReason: FinishReason
  /// The mean of the tokens' log-probabilities; nil unless the request has `logprobs`.
  public var meanLogProbability: Double?
  /// Who answered; "local" for a context of this process.
  public var node: String
  /// What became of the other members; nil unless the request has `fusion`.
  public var fusion: FusionOutcome?
}

/// One token of an answer, as it is passed on.
public struct InferenceToken: Sendable, Equatable {
  /// Its place in the answer: from 0, without a gap.
  public var index: Int
  /// Its number in the model's vocabulary.
  public var id: Token
  /// The characters that it completes; empty where it completes none.
  public var text: String
  /// The natural logarithm of its probability; nil unless the request has `logprobs`.
  public var logProbability: Double?
}

/// Gets the tokens of an answer in order, on a thread of the library's own. It must not block.
public typealias TokenHandler = @Sendable (InferenceToken) -> Void

extension InferenceResponse {
  init(_ completion: Completion) {
    let reason: FinishReason =
      switch completion.finishReason {
      case .stop: .stop
      case .length: .length
      case .cancelled: .cancelled
      }
    self.init(
      text: completion.text, tokenCount: completion.tokenCount,
      promptTokens: completion.promptTokens,
      completionTime: .milliseconds(completion.completionTime),
      firstTokenTime: .milliseconds(completion.firstTokenTime), finishReason: reason,
      meanLogProbability: completion.meanLogProbability, node: completion.node,
      fusion: completion.fusion.map { FusionOutcome($0) })
  }

  init(_ summary: GenerationSummary) {
    self.init(
      text: summary.text, tokenCount: summary.tokenCount, promptTokens: summary.promptTokens,
      completionTime: .milliseconds(summary.totalMilliseconds),
      firstTokenTime: .milliseconds(summary.firstTokenMilliseconds ?? summary.totalMilliseconds),
      finishReason: summary.reason, meanLogProbability: summary.meanLogProbability, node: "local")
  }
}

extension InferenceToken {
  init(_ part: AnswerPart) {
    self.init(
      index: part.index, id: part.token, text: part.text,
      logProbability: part.likelihood?.logProbability)
  }

  /// Of the body of a `TOKEN` line; nil for one without a place and a number.
  init?(_ body: JSON) {
    guard let index = body["i"]?.integer,
      let id = body["id"]?.integer.flatMap({ Token(exactly: $0) })
    else { return nil }
    self.init(
      index: index, id: id, text: body["text"]?.string ?? "",
      logProbability: body["logprob"]?.number)
  }
}

/// The tokens of an answer that `answer` hands over. Leaving the loop, or cancelling its task, ends
/// the answer.
func tokenStream(
  _ answer: @escaping @Sendable (@escaping TokenHandler) async throws(LlamboError) -> Void
) -> AsyncThrowingStream<InferenceToken, any Error> {
  let (stream, continuation) = AsyncThrowingStream.makeStream(of: InferenceToken.self)
  let task = Task {
    do throws(LlamboError) {
      try await answer { continuation.yield($0) }
      continuation.finish()
    } catch {
      continuation.finish(throwing: error)
    }
  }
  continuation.onTermination = { _ in task.cancel() }
  return stream
}
