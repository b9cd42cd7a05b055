import Synchronization

/// Continues many prompts at once over one model: each request has a slot, and one decode a turn
/// computes a token for every slot that generates along with chunks of prompts.
///
/// A thread of its own owns the context. It sleeps while there is nothing to do. An engine that is
/// dropped stops.
public final class Engine: Sendable {
  let core: EngineCore
  private let thread: Mutex<Thread?>

  /// Makes the context and starts the thread.
  ///
  /// - Parameter deliver: gets each turn's events, on the engine's thread and in order. It must
  ///   not block: the next decode waits for it. It may call the engine.
  /// - Throws: `invalid_parameter` or `context_failed`.
  public init(
    model: Model, configuration: EngineConfiguration = EngineConfiguration(),
    deliver: @escaping @Sendable ([EngineEvent]) -> Void
  ) throws(LlamaError) {
    let core = try EngineCore(model: model, configuration: configuration, deliver: deliver)
    // The thread holds the core and not the engine, so that an engine can be dropped.
    guard let thread = Thread(stackSize: 8 << 20, { DecodeLoop(core).run() }) else {
      throw LlamaError(.contextFailed, "the system makes no thread")
    }
    self.core = core
    self.thread = Mutex(thread)
  }

  deinit { stop() }

  /// The model.
  public var model: Model { core.model }
  /// The sizes that the engine was made with.
  public var configuration: EngineConfiguration { core.configuration }
  /// Tokens of prompt and answer that a request may have.
  public var contextSize: Int { core.contextSize }
  /// The load now.
  public var status: EngineStatus { core.mailbox.status }

  /// Takes a request. It waits its turn where all slots are taken.
  ///
  /// An error that is thrown is all there is: no event tells of the request. Otherwise its events
  /// end in one `finished` or `failed`.
  ///
  /// - Throws: `prompt_empty`, `prompt_too_long`, `invalid_parameter` (also where a request of
  ///   that id has not ended), `grammar_failed`, `queue_full` or `engine_stopped`.
  public func submit(_ request: EngineRequest) throws(LlamaError) {
    try request.params.validate()
    try core.model.checkPrompt(request.prompt, contextSize: core.contextSize)
    try core.model.checkTokens(request.produced)
    let answer = try AnswerBuilder(
      model: core.model, params: request.params, prompt: request.prompt,
      produced: request.produced, limit: core.contextSize - request.prompt.count)
    try core.mailbox.submit(request, answer)
  }

  /// Ends a request within one decode, as `cancelled`, unless it ends by itself before. A decode
  /// that computes the request's prompt is broken off. An id that is not known, or no longer, is
  /// ignored.
  public func cancel(_ request: UInt64) {
    core.mailbox.cancel(request) { core.context.interrupt(true) }
  }

  /// Ends every request as `cancelled` and the thread, and waits for it, unless `deliver` is who
  /// calls. A running decode is aborted. Another call does nothing.
  public func stop() {
    core.mailbox.stop()
    core.context.abort()
    guard let thread = thread.withLock({ $0.take() }), !thread.isCurrent else { return }
    thread.join()
  }
}

/// What the engine and its thread share.
final class EngineCore: Sendable {
  let model: Model
  let configuration: EngineConfiguration
  let contextSize: Int
  let context: LlamaContext
  let mailbox: Mailbox
  let deliver: @Sendable ([EngineEvent]) -> Void

  init(
    model: Model, configuration: EngineConfiguration,
    deliver: @escaping @Sendable ([EngineEvent]) -> Void
  ) throws(LlamaError) {
    try configuration.validate()
    self.model = model
    self.configuration = configuration
    self.deliver = deliver
    contextSize = min(configuration.contextSize, model.contextLength)
    context = try LlamaContext(
      model: model,
      options: .init(
        contextSize: contextSize, sequences: configuration.slots,
        batchSize: configuration.batchSize, microBatchSize: configuration.microBatchSize,
        threads: configuration.threads, batchThreads: configuration.batchThreads))
    mailbox = Mailbox(slots: configuration.slots, queueLimit: configuration.queueLimit)
  }
}
