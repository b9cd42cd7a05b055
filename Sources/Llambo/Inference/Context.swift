import LlamaRunner
import Synchronization

/// A model at work in this process: it answers requests, one after the other or several in one batch.
///
/// A thread of its own computes. The context frees itself, and ends what it still answers, when nobody
/// holds it any more.
public final class Context: Sendable {
  /// The model.
  public let model: Model
  private let engine: Engine
  private let answers: Answers

  /// Makes a context.
  ///
  /// - Parameters:
  ///   - contextSize: tokens of prompt and answer that each request may have; at least 2. The model's
  ///     own length where that is smaller.
  ///   - batchSize: the most tokens computed at once. Fewer answer sooner where several requests run;
  ///     more get through long prompts faster.
  ///   - threads: CPU threads; nil for half of the cores. More than are idle slow each other down.
  ///   - slots: requests answered at once, 1 to 256.
  /// - Throws: `invalid_parameter` or `context_failed`.
  public init(
    model: Model, contextSize: Int = 2048, batchSize: Int = 512, threads: Int? = nil,
    slots: Int = 1
  ) throws(LlamboError) {
    let answers = Answers()
    let threads = threads ?? ThreadDefaults.generation
    do throws(LlamaError) {
      engine = try Engine(
        model: model,
        configuration: EngineConfiguration(
          slots: slots, contextSize: contextSize, batchSize: batchSize, threads: threads,
          batchThreads: threads)
      ) { answers.take($0) }
    } catch {
      throw LlamboError(error)
    }
    self.model = model
    self.answers = answers
  }

  /// Answers a request. Cancelling the task ends the answer within a token.
  ///
  /// - Parameter onToken: gets each token as it comes.
  /// - Throws: `cancelled`, `prompt_empty`, `prompt_too_long`, `invalid_parameter`,
  ///   `template_failed`, `grammar_failed`, `queue_full` or `decode_failed`.
  public func infer(
    _ request: InferenceRequest, onToken: @escaping TokenHandler = { _ in }
  ) async throws(LlamboError) -> InferenceResponse {
    guard request.fusion == nil else {
      throw LlamboError(
        .invalidRequest, "a context answers alone: \"fusion\" is for an orchestrator")
    }
    let prompt = try await tokens(of: request.input)
    let number = answers.newNumber()
    let result: Result<InferenceResponse, LlamboError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        answers.begin(number, onToken) { continuation.resume(returning: $0) }
        do throws(LlamaError) {
          try engine.submit(EngineRequest(id: number, prompt: prompt, params: request.params))
          // Cancelling before this found nothing to cancel.
          if Task.isCancelled { engine.cancel(number) }
        } catch {
          answers.end(number, .failure(LlamboError(error)))
        }
      }
    } onCancel: {
      engine.cancel(number)
    }
    let response = try result.get()
    if response.finishReason == .cancelled { throw .taskCancelled }
    return response
  }

  /// The tokens of an answer as they come. Leaving the loop, or cancelling its task, ends the answer.
  ///
  /// The stream throws what `infer` throws.
  public func stream(_ request: InferenceRequest) -> AsyncThrowingStream<InferenceToken, any Error>
  {
    tokenStream { (onToken) async throws(LlamboError) in
      _ = try await self.infer(request, onToken: onToken)
    }
  }

  private func tokens(of input: InferenceRequest.Input) async throws(LlamboError) -> [Token] {
    let model = model
    switch input {
    case .prompt(let text):
      return try Self.own { () throws(LlamaError) in try model.tokenize(text) }
    case .messages(let turns):
      // A template may take its time, and the tasks' own threads are few.
      let result: Result<[Token], LlamboError> = await withCheckedContinuation { continuation in
        let thread = Thread(stackSize: 8 << 20) {
          continuation.resume(
            returning: Result { () throws(LlamboError) in
              try Self.own { () throws(LlamaError) in
                try model.tokenize(try model.chatPrompt(turns))
              }
            })
        }
        if thread == nil {
          continuation.resume(
            returning: .failure(LlamboError(.systemFailed, "the system makes no thread")))
        }
      }
      return try result.get()
    }
  }

  /// `body` with its error as one of this library.
  private static func own<Value>(
    _ body: () throws(LlamaError) -> Value
  ) throws(LlamboError) -> Value {
    do throws(LlamaError) {
      return try body()
    } catch {
      throw LlamboError(error)
    }
  }
}

/// Answers a request in the context that it names.
///
/// - Throws: `invalid_request` where it names none, and what `Context.infer` throws.
public func infer(
  _ request: InferenceRequest, onToken: @escaping TokenHandler = { _ in }
) async throws(LlamboError) -> InferenceResponse {
  guard let context = request.context else {
    throw LlamboError(
      .invalidRequest, "the request has no context: set its context, or ask a Context itself")
  }
  return try await context.infer(request, onToken: onToken)
}

/// Who waits for which answer of an engine.
private final class Answers: Sendable {
  private struct Answer {
    let onToken: TokenHandler
    let onEnd: @Sendable (Result<InferenceResponse, LlamboError>) -> Void
  }

  private let answers = Mutex<[UInt64: Answer]>([:])
  private let lastNumber = Atomic<UInt64>(0)

  func newNumber() -> UInt64 { lastNumber.add(1, ordering: .relaxed).newValue }

  func begin(
    _ number: UInt64, _ onToken: @escaping TokenHandler,
    _ onEnd: @escaping @Sendable (Result<InferenceResponse, LlamboError>) -> Void
  ) {
    answers.withLock { $0[number] = Answer(onToken: onToken, onEnd: onEnd) }
  }

  func end(_ number: UInt64, _ result: Result<InferenceResponse, LlamboError>) {
    let answer = answers.withLock { $0.removeValue(forKey: number) }
    answer?.onEnd(result)
  }

  /// The engine's events, on its thread.
  func take(_ events: [EngineEvent]) {
    for event in events {
      switch event {
      case .token(let request, let part):
        answers.withLock { $0[request] }?.onToken(InferenceToken(part))
      case .finished(let request, let summary): end(request, .success(InferenceResponse(summary)))
      case .failed(let request, let error): end(request, .failure(LlamboError(error)))
      }
    }
  }
}
