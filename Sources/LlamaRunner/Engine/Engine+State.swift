extension Engine {
  /// Saves what the slot has computed that holds most of the beginning of `tokens`, whether a
  /// request runs there or not: tokens that begin alike, and perhaps go on in another way.
  ///
  /// - Parameter done: called once, on the engine's thread, within a turn; it must not block. The
  ///   state is nil where no slot holds the first token. Errors are `decode_failed`,
  ///   `model_not_found` where the model's file cannot be read any more, and `engine_stopped`.
  /// - Throws: `engine_stopped`; `done` is then not called.
  public func saveState(
    beginning tokens: [Token],
    _ done: @escaping @Sendable (Result<SequenceState?, LlamaError>) -> Void
  ) throws(LlamaError) {
    try core.mailbox.send(.save(tokens, done))
  }

  /// Puts a state into an idle slot, in place of what that holds from earlier requests. A request
  /// whose prompt begins with the state's tokens then computes only the rest.
  ///
  /// - Parameter done: called once, on the engine's thread, within a turn; it must not block.
  ///   Errors are `state_invalid`, `context_full`, `queue_full` where no slot is idle,
  ///   `model_not_found` where the model's file cannot be read any more, and `engine_stopped`.
  /// - Throws: `engine_stopped`; `done` is then not called.
  public func restoreState(
    _ state: SequenceState, _ done: @escaping @Sendable (Result<Void, LlamaError>) -> Void
  ) throws(LlamaError) {
    try core.mailbox.send(.restore(state, done))
  }

  /// Saves what a running request has computed, for another engine to go on with: where that is
  /// likely to take less time than to compute it anew, by the speed of the prompts computed so far
  /// and `SequenceState.carriedBytesPerMillisecond`. The request goes on here.
  ///
  /// - Parameter done: called once, on the engine's thread, within a turn; it must not block. The
  ///   state is nil where computing is quicker, and where the request has no slot. Errors are those
  ///   of `saveState`.
  /// - Throws: `engine_stopped`; `done` is then not called.
  public func handOver(
    _ request: UInt64, _ done: @escaping @Sendable (Result<SequenceState?, LlamaError>) -> Void
  ) throws(LlamaError) {
    try core.mailbox.send(.handOver(request, done))
  }

  /// Saves like the call with a closure, and waits for it.
  ///
  /// - Throws: that call's errors.
  public func saveState(beginning tokens: [Token]) async throws -> SequenceState? {
    try await withCheckedThrowingContinuation { continuation in
      do throws(LlamaError) {
        try saveState(beginning: tokens) { continuation.resume(with: $0) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  /// Restores like the call with a closure, and waits for it.
  ///
  /// - Throws: that call's errors.
  public func restoreState(_ state: SequenceState) async throws {
    try await withCheckedThrowingContinuation { continuation in
      do throws(LlamaError) {
        try restoreState(state) { continuation.resume(with: $0) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}
