import Synchronization
import Testing

@testable import LlamaRunner

private final class Flag: Sendable {
  let isSet = Atomic(false)
}

/// Cancelling a request while a decode computes its prompt.
@Suite(.timeLimit(.minutes(10))) struct InterruptionTests {
  let model: Model
  let collector = Collector()

  init() throws { model = try TestModel.load() }

  /// The whole of a long prompt is one decode, which ends early.
  @Test func aPromptEndsInsideItsDecodeAndTheStreamGoesOn() async throws {
    let engine = try Engine(
      model: model, configuration: EngineConfiguration(slots: 2, contextSize: 1024, batchSize: 1024)
    ) { [collector] in collector.deliver($0) }
    defer { engine.stop() }
    let prompt = try model.tokenize("A cluster is")
    let params = TestModel.greedy(maxTokens: 60)
    try engine.submit(EngineRequest(id: 0, prompt: prompt, params: params))
    await collector.wait(ends: 1)
    let undisturbed = try collector.answer(0).tokens

    var interrupted = 0
    var ends = 1
    var long: [Token] = []
    // A round whose decode ends before it is cancelled shows nothing.
    for round in 0..<50 where interrupted < 3 {
      // Begins in another way each time, so that nothing of it was computed before.
      long = (0..<900).map { Token(300 + ($0 + round) * 7 % 900) }
      let request = EngineRequest(id: UInt64(1001 + round * 2), prompt: long, params: params)
      let stream = request.id - 1
      let over = Flag()
      collector.onEvent { [weak engine] event in
        if event.request == stream, event.isEnd { over.isSet.store(true, ordering: .relaxed) }
        guard case .token(stream, let part) = event, part.index == 3 else { return }
        try? engine?.submit(request)
      }
      // A thread of its own cancels: tasks may have to wait for a core of the pool's.
      let canceller = Thread(stackSize: 1 << 20) {
        while !engine.core.mailbox.prefilling.contains(request.id),
          !over.isSet.load(ordering: .relaxed)
        {}
        engine.cancel(request.id)
      }
      guard let canceller else {
        Issue.record("the system makes no thread")
        return
      }
      let computed = engine.status.promptTokensTotal
      try engine.submit(EngineRequest(id: stream, prompt: prompt, params: params))
      ends += 2
      await collector.wait(ends: ends)
      canceller.join()
      // A decode that came to its end counts the long prompt.
      guard engine.status.promptTokensTotal - computed <= UInt64(prompt.count) else { continue }
      interrupted += 1
      #expect(try collector.answer(request.id).summary?.reason == .cancelled)
      #expect(try collector.answer(request.id).tokens == [])
      #expect(try collector.answer(stream).tokens == undisturbed)
    }
    #expect(interrupted > 0)
    // The slot of the interrupted prompt holds nothing of it.
    try engine.submit(EngineRequest(id: 1, prompt: Array(long.prefix(300)), params: params))
    await collector.wait(ends: ends + 1)
    let alone = try LlamaRunner(model: model).generateStateless(
      Array(long.prefix(300)), params: params)
    #expect(try collector.answer(1).tokens.first == alone.tokens.first)
  }

  @Test func anInterruptionLastsUntilItIsTakenBack() throws {
    let context = try LlamaContext(
      model: model,
      options: .init(
        contextSize: 64, batchSize: 32, microBatchSize: 32, threads: 1, batchThreads: 1))
    func decode() throws -> LlamaContext.Decoded {
      context.clearBatch()
      for place in 0..<20 {
        context.add(Token(300 + place), position: place, sequence: 0, wantsLogits: place == 19)
      }
      return try context.decode()
    }
    context.interrupt(true)
    #expect(try decode() == .interrupted)
    #expect(try decode() == .interrupted)
    let removed = context.remove(0..<Int(Int32.max), sequence: 0)
    let left = context.end(sequence: 0)
    #expect(removed)
    #expect(left == 0)
    context.interrupt(false)
    #expect(try decode() == .whole)
    let held = context.end(sequence: 0)
    #expect(held == 20)
  }

  @Test func onlyADecodeThatRunsIsInterrupted() throws {
    let mailbox = Mailbox(slots: 1, queueLimit: 8)
    for id in 1...3 as ClosedRange<UInt64> {
      let request = EngineRequest(id: id, prompt: [1])
      let answer = try AnswerBuilder(
        model: model, params: request.params, prompt: request.prompt, limit: 8)
      try mailbox.submit(request, answer)
    }
    var interruptions = 0
    mailbox.cancel(1) { interruptions += 1 }
    #expect(interruptions == 0, "none runs")
    mailbox.beginPrefill([1, 2]) { interruptions += 1 }
    #expect(interruptions == 1, "it was cancelled before")
    mailbox.endPrefill { interruptions = 0 }
    #expect(mailbox.prefilling == [])

    mailbox.beginPrefill([2]) { interruptions += 1 }
    mailbox.cancel(3) { interruptions += 1 }
    #expect(interruptions == 0, "another's prompt")
    mailbox.cancel(2) { interruptions += 1 }
    #expect(interruptions == 1)
    mailbox.endPrefill { interruptions = 0 }
    mailbox.cancel(2) { interruptions += 1 }
    #expect(interruptions == 0, "its decode has ended")
  }
}
