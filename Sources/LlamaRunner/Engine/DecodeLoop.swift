/// What the engine's thread does: takes the mail, fills free slots, decodes one batch, samples,
/// and delivers what happened, until it is stopped.
final class DecodeLoop {
  let core: EngineCore
  private let planner: BatchPlanner
  private(set) var slots: [SlotSequence?]
  /// What each slot's cells hold, also after its request ended.
  var contents: [SlotContents]
  private var queue: [Mailbox.Submission] = []
  var nextOrder: UInt64 = 0
  // Reused from turn to turn.
  private var mail = Mailbox.Mail()
  private var work: [SlotWork]
  private var parts: [BatchPart] = []
  private var prefilling: [UInt64] = []
  private var events: [EngineEvent] = []
  private var answerParts: [AnswerPart] = []
  private var promptTokens = 0
  /// How quickly prompts were computed so far.
  private(set) var prefill = PrefillSpeed()

  init(_ core: EngineCore) {
    self.core = core
    planner = BatchPlanner(
      batchSize: core.configuration.batchSize, fillsGaps: core.context.givesUpCells)
    slots = Array(repeating: nil, count: core.configuration.slots)
    contents = Array(repeating: SlotContents(), count: core.configuration.slots)
    work = Array(repeating: .idle, count: core.configuration.slots)
  }

  func run() {
    while true {
      core.mailbox.take(into: &mail, waiting: isIdle)
      queue.append(contentsOf: mail.submissions)
      if mail.stopping {
        endAll()
        return
      }
      cancel(mail.cancelled)
      for errand in mail.errands { run(errand) }
      fillSlots()
      decode()
      deliver()
    }
  }

  private var isIdle: Bool { queue.isEmpty && slots.allSatisfy { $0 == nil } }

  private func endAll() {
    let now = ContinuousClock.now
    for slot in slots.indices where slots[slot] != nil { finish(slot, .cancelled, now: now) }
    for submission in queue { finish(submission, now: now) }
    queue.removeAll()
    for errand in mail.errands { errand.fail(LlamaError(.engineStopped, "the engine stopped")) }
    deliver()
  }

  private func cancel(_ requests: Set<UInt64>) {
    guard !requests.isEmpty else { return }
    let now = ContinuousClock.now
    for slot in slots.indices {
      guard let sequence = slots[slot], requests.contains(sequence.request.id) else { continue }
      finish(slot, .cancelled, now: now)
    }
    queue.removeAll { submission in
      guard requests.contains(submission.request.id) else { return false }
      finish(submission, now: now)
      return true
    }
  }

  /// Gives idle slots to requests in the order they came. One that waits for a beginning which a
  /// running slot computes lets those behind it pass.
  private func fillSlots() {
    guard !queue.isEmpty else { return }
    let now = ContinuousClock.now
    var left: [Mailbox.Submission] = []
    for (place, submission) in queue.enumerated() {
      guard submission.answer.ending == nil else {
        finish(submission, now: now)
        continue
      }
      switch PrefixPlanner.place(submission.request.input, among: contents) {
      case .full:
        queue = left + queue[place...]
        return
      case .wait: left.append(submission)
      case .run(let slot, let reused, let source):
        start(submission, in: slot, reusing: reused, of: source, now: now)
      }
    }
    queue = left
  }

  private func start(
    _ submission: Mailbox.Submission, in slot: Int, reusing wanted: Int, of source: Int?,
    now: ContinuousClock.Instant
  ) {
    let reused = core.context.keep(wanted, in: slot, copiedFrom: source) ? wanted : 0
    nextOrder += 1
    slots[slot] = SlotSequence(submission, order: nextOrder, reused: reused, now: now)
    contents[slot] = SlotContents(
      tokens: submission.request.input, computed: reused, isBusy: true, lastUsed: nextOrder)
  }

  /// Empties a slot's cells, of which nothing certain is known any more.
  func forget(_ slot: Int) {
    core.context.clear(sequence: slot)
    contents[slot] = SlotContents()
  }

  private func decode() {
    for slot in slots.indices { work[slot] = slots[slot]?.work ?? .idle }
    planner.plan(work, into: &parts)
    guard !parts.isEmpty else { return }
    core.context.clearBatch()
    for part in parts {
      if part.isFiller {
        addLastToken(of: part.slot)
      } else {
        slots[part.slot]?.add(part, to: core.context)
      }
    }
    let began = ContinuousClock.now
    do throws(LlamaError) {
      switch try decodeBatch() {
      case .whole:
        if !prefilling.isEmpty {
          prefill.add(parts.reduce(0) { $0 + $1.count }, in: ContinuousClock.now - began)
        }
        sample()
      case .interrupted: takeBack()
      }
    } catch {
      // An abort is `stop`'s: the next turn ends all requests as cancelled.
      guard error.code != .engineStopped else { return }
      for part in parts { fail(part.slot, error) }
    }
  }

  /// Decodes so that cancelling a request whose prompt is in the batch interrupts it.
  private func decodeBatch() throws(LlamaError) -> LlamaContext.Decoded {
    prefilling.removeAll(keepingCapacity: true)
    for part in parts {
      guard case .prefill = work[part.slot], let sequence = slots[part.slot] else { continue }
      prefilling.append(sequence.request.id)
    }
    guard !prefilling.isEmpty else { return try core.context.decode() }
    core.mailbox.beginPrefill(prefilling) { core.context.interrupt(true) }
    defer { core.mailbox.endPrefill { core.context.interrupt(false) } }
    return try core.context.decode()
  }

  /// Leaves every slot of a batch that was interrupted with the cells that it had before. The next
  /// turn ends who was cancelled, and computes the others' tokens anew.
  private func takeBack() {
    for part in parts {
      guard let sequence = slots[part.slot] else {
        forgetLastToken(of: part.slot)
        continue
      }
      guard !core.context.remove(sequence.position..<Int(Int32.max), sequence: part.slot) else {
        continue
      }
      fail(
        part.slot, LlamaError(.decodeFailed, "the memory cannot go back to before a decode"))
    }
  }

  private func sample() {
    let now = ContinuousClock.now
    var end = 0
    for part in parts {
      end += part.count
      guard let sequence = slots[part.slot] else { continue }
      promptTokens += sequence.advance(part.count)
      contents[part.slot].computed = min(sequence.position, contents[part.slot].tokens.count)
      guard part.wantsLogits else { continue }
      do throws(LlamaError) {
        let ending = try sequence.step(core.context, at: end - 1, now: now, into: &answerParts)
        passOn(of: sequence)
        if let ending { finish(part.slot, ending, now: now) }
      } catch {
        fail(part.slot, error)
      }
    }
  }

  /// Ends a request that has a slot.
  private func finish(_ slot: Int, _ reason: FinishReason, now: ContinuousClock.Instant) {
    guard let sequence = free(slot) else { return }
    sequence.end(reason, into: &answerParts)
    passOn(of: sequence)
    events.append(.finished(request: sequence.request.id, sequence.summary(now: now)))
  }

  private func passOn(of sequence: SlotSequence) {
    for part in answerParts { events.append(.token(request: sequence.request.id, part)) }
    answerParts.removeAll(keepingCapacity: true)
  }

  /// Ends a request that has no slot.
  private func finish(_ submission: Mailbox.Submission, now: ContinuousClock.Instant) {
    var answer = submission.answer
    answer.end(.cancelled, into: &answerParts)
    answerParts.removeAll()
    events.append(
      .finished(
        request: submission.request.id,
        GenerationSummary(
          answer, of: submission.request, promptMilliseconds: 0,
          totalMilliseconds: (now - submission.time).milliseconds, firstTokenMilliseconds: nil)))
  }

  private func fail(_ slot: Int, _ error: LlamaError) {
    let sequence = free(slot)
    forget(slot)
    guard let sequence else { return }
    events.append(.failed(request: sequence.request.id, error))
  }

  /// Takes a request out of its slot; what was computed of it stays for requests that begin alike.
  private func free(_ slot: Int) -> SlotSequence? {
    guard let sequence = slots[slot] else { return nil }
    slots[slot] = nil
    contents[slot].tokens = sequence.computedTokens
    contents[slot].computed = sequence.position
    contents[slot].isBusy = false
    return sequence
  }

  private func deliver() {
    let active = slots.count { $0 != nil }
    core.mailbox.publish(events, active: active, promptTokens: promptTokens)
    promptTokens = 0
    guard !events.isEmpty else { return }
    core.deliver(events)
    events.removeAll(keepingCapacity: true)
  }
}
