import Synchronization

/// What callers leave for the decode thread, and what it leaves for them.
final class Mailbox: Sendable {
  struct Submission {
    let request: EngineRequest
    /// The answer before its first draw.
    var answer: AnswerBuilder
    let time: ContinuousClock.Instant
  }

  /// What the decode thread takes out at once.
  struct Mail {
    var submissions: [Submission] = []
    var cancelled: Set<UInt64> = []
    var errands: [Errand] = []
    var stopping = false
  }

  /// Something to do with the context that only its thread may do.
  enum Errand {
    case save([Token], @Sendable (Result<SequenceState?, LlamaError>) -> Void)
    case restore(SequenceState, @Sendable (Result<Void, LlamaError>) -> Void)
    case handOver(UInt64, @Sendable (Result<SequenceState?, LlamaError>) -> Void)

    func fail(_ error: LlamaError) {
      switch self {
      case .save(_, let done): done(.failure(error))
      case .restore(_, let done): done(.failure(error))
      case .handOver(_, let done): done(.failure(error))
      }
    }
  }

  private struct State {
    var mail = Mail()
    /// Requests that were accepted and have not ended.
    var live: Set<UInt64> = []
    /// Requests of whose prompts a decode that runs computes a part.
    var prefilling: [UInt64] = []
    var status: EngineStatus
  }

  private let state: Mutex<State>
  private let wake = Wake()
  private let slots: Int
  private let queueLimit: Int

  init(slots: Int, queueLimit: Int) {
    self.slots = slots
    self.queueLimit = queueLimit
    state = Mutex(State(status: EngineStatus(slots: slots)))
  }

  // For callers.

  func submit(_ request: EngineRequest, _ answer: AnswerBuilder) throws(LlamaError) {
    let refusal = state.withLock { state -> LlamaError? in
      guard !state.mail.stopping else { return LlamaError(.engineStopped, "the engine stopped") }
      guard state.live.count < slots + queueLimit else {
        return LlamaError(
          .queueFull, "\(slots) slots are taken and \(state.live.count - slots) requests wait")
      }
      guard state.live.insert(request.id).inserted else {
        return LlamaError(.invalidParameter, "request \(request.id) has not ended yet")
      }
      state.mail.submissions.append(Submission(request: request, answer: answer, time: .now))
      state.status.waiting += 1
      return nil
    }
    if let refusal { throw refusal }
    wake.signal()
  }

  /// - Parameter interrupt: called where a decode runs that computes the request's prompt, before
  ///   `endPrefill` can settle it.
  func cancel(_ request: UInt64, interrupt: () -> Void) {
    let known = state.withLock { state in
      guard state.live.contains(request) else { return false }
      state.mail.cancelled.insert(request)
      if state.prefilling.contains(request) { interrupt() }
      return true
    }
    if known { wake.signal() }
  }

  func send(_ errand: Errand) throws(LlamaError) {
    let sent = state.withLock { state in
      guard !state.mail.stopping else { return false }
      state.mail.errands.append(errand)
      return true
    }
    guard sent else { throw LlamaError(.engineStopped, "the engine stopped") }
    wake.signal()
  }

  func stop() {
    state.withLock { $0.mail.stopping = true }
    wake.signal()
  }

  var status: EngineStatus { state.withLock { $0.status } }

  /// Requests whose cancelling interrupts the decode that runs.
  var prefilling: [UInt64] { state.withLock { $0.prefilling } }

  // For the decode thread.

  /// Takes what is there; waits for something first where the thread has nothing else to do.
  func take(into mail: inout Mail, waiting: Bool) {
    if waiting { wake.wait() }
    mail.submissions.removeAll(keepingCapacity: true)
    mail.cancelled.removeAll(keepingCapacity: true)
    mail.errands.removeAll()
    state.withLock { state in
      swap(&mail.submissions, &state.mail.submissions)
      swap(&mail.cancelled, &state.mail.cancelled)
      swap(&mail.errands, &state.mail.errands)
      mail.stopping = state.mail.stopping
    }
  }

  /// Notes whose prompts the next decode computes, and calls `interrupt` where one of them was
  /// cancelled since the mail was taken.
  func beginPrefill(_ requests: [UInt64], interrupt: () -> Void) {
    state.withLock { state in
      state.prefilling.append(contentsOf: requests)
      if requests.contains(where: state.mail.cancelled.contains) { interrupt() }
    }
  }

  /// Notes that the decode ended. `settle` takes back an interruption that came too late for it:
  /// none can come after.
  func endPrefill(_ settle: () -> Void) {
    state.withLock { state in
      state.prefilling.removeAll(keepingCapacity: true)
      settle()
    }
  }

  /// Publishes a turn's result before its events go out: requests that end leave the books first,
  /// so that who sees the event finds their place free.
  func publish(_ events: [EngineEvent], active: Int, promptTokens: Int) {
    state.withLock { state in
      for event in events {
        switch event {
        case .token: state.status.generatedTokensTotal += 1
        case .finished(let request, _), .failed(let request, _):
          state.live.remove(request)
          state.mail.cancelled.remove(request)
        }
      }
      state.status.promptTokensTotal += UInt64(promptTokens)
      state.status.active = active
      state.status.waiting = state.live.count - active
    }
  }
}
