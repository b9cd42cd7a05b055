import Testing

@testable import LlamaRunner

/// States that go from one engine's slot into another's.
@Suite(.timeLimit(.minutes(10))) struct EngineStateTests {
  let model: Model
  let collector = Collector()

  init() throws { model = try TestModel.load() }

  private func engine(
    slots: Int = 2, contextSize: Int = 512, collector: Collector? = nil
  ) throws -> Engine {
    let collector = collector ?? self.collector
    return try Engine(
      model: model, configuration: EngineConfiguration(slots: slots, contextSize: contextSize)
    ) { collector.deliver($0) }
  }

  private var prompt: [Token] { (0..<200).map { 300 + $0 * 7 % 900 } }
  private let params = TestModel.greedy(maxTokens: 40)

  @Test func aRequestStartsFromARestoredStateTokenByToken() async throws {
    let first = try engine()
    defer { first.stop() }
    try first.submit(EngineRequest(id: 1, prompt: prompt, params: params))
    await collector.wait(ends: 1)
    let answer = try collector.answer(1).tokens
    let saved = try #require(try await first.saveState(beginning: prompt))
    // A last token that reached the limit was never computed; the model's own end is none.
    let ended = try collector.answer(1).summary?.reason == .stop
    #expect(saved.tokens == prompt + (ended ? answer : answer.dropLast()))
    let state = try SequenceState(bytes: saved.serialize())

    // The undisturbed continuation.
    let next = prompt + answer + [301, 302, 303]
    try first.submit(EngineRequest(id: 2, prompt: next, params: params))
    await collector.wait(ends: 2)
    let expected = try collector.answer(2).tokens

    let other = Collector()
    let second = try engine(collector: other)
    defer { second.stop() }
    try await second.restoreState(state)
    try second.submit(EngineRequest(id: 1, prompt: next, params: params))
    await other.wait(ends: 1)
    #expect(try other.answer(1).tokens == expected)
    #expect(second.status.promptTokensTotal == UInt64(next.count - state.tokens.count))
  }

  @Test func aRunningSlotIsSavedAndRunsOn() async throws {
    let first = try engine(slots: 1)
    defer { first.stop() }
    try first.submit(EngineRequest(id: 1, prompt: prompt, params: params))
    await collector.wait(ends: 1)
    let undisturbed = try collector.answer(1).tokens

    let other = Collector()
    let second = try engine(slots: 1, collector: other)
    defer { second.stop() }
    let begin = prompt
    let (states, states_) = AsyncStream.makeStream(of: SequenceState?.self)
    other.onEvent { [weak second] event in
      guard case .token(1, let part) = event, part.index == 10 else { return }
      try? second?.saveState(beginning: begin) {
        if case .success(let state) = $0 { states_.yield(state) }
        states_.finish()
      }
    }
    try second.submit(EngineRequest(id: 1, prompt: prompt, params: params))
    await other.wait(ends: 1)
    #expect(try other.answer(1).tokens == undisturbed)
    var iterator = states.makeAsyncIterator()
    let state = try #require(await iterator.next() ?? nil)
    #expect(state.tokens == prompt + undisturbed.prefix(10))

    // A third engine goes on from there as if it had computed all of it.
    let third = Collector()
    let heir = try engine(slots: 1, collector: third)
    defer { heir.stop() }
    try await heir.restoreState(state)
    try heir.submit(
      EngineRequest(
        id: 1, prompt: state.tokens + [undisturbed[10]], params: TestModel.greedy(maxTokens: 29)))
    await third.wait(ends: 1)
    #expect(try third.answer(1).tokens == Array(undisturbed.dropFirst(11)))
    #expect(heir.status.promptTokensTotal == 1)
  }

  @Test func noSlotHoldsWhatWasNeverComputed() async throws {
    let engine = try engine()
    defer { engine.stop() }
    #expect(try await engine.saveState(beginning: prompt) == nil)
    #expect(try await engine.saveState(beginning: []) == nil)
  }

  @Test func aStateThatDoesNotFitIsRefusedAndTheEngineRunsOn() async throws {
    let first = try engine()
    defer { first.stop() }
    try first.submit(EngineRequest(id: 1, prompt: prompt, params: params))
    await collector.wait(ends: 1)
    let state = try #require(try await first.saveState(beginning: prompt))

    let manySlots = try engine(slots: 3, collector: Collector())
    defer { manySlots.stop() }
    await #expect { try await manySlots.restoreState(state) } throws: {
      ($0 as? LlamaError)?.code == .stateInvalid
    }
    let small = try engine(contextSize: 128, collector: Collector())
    defer { small.stop() }
    await #expect { try await small.restoreState(state) } throws: {
      ($0 as? LlamaError)?.code == .contextFull
    }
    let torn = SequenceState(
      tokens: state.tokens, origin: state.origin, cells: Array(state.cells.dropLast(100)))
    await #expect { try await first.restoreState(torn) } throws: {
      ($0 as? LlamaError)?.code == .stateInvalid
    }
    try first.submit(EngineRequest(id: 2, prompt: prompt, params: params))
    await collector.wait(ends: 2)
    #expect(try collector.answer(2).error == nil)
    #expect(try collector.answer(2).tokens.first == collector.answer(1).tokens.first)
  }

  @Test func noIdleSlotIsQueueFullAndAStoppedEngineSaysSo() async throws {
    let engine = try engine(slots: 1)
    try engine.submit(EngineRequest(id: 1, prompt: [300], params: params))
    await collector.wait(ends: 1)
    let state = try #require(try await engine.saveState(beginning: [300]))
    let (codes, codes_) = AsyncStream.makeStream(of: LlamaError.Code?.self)
    collector.onEvent { [weak engine] event in
      guard case .token(2, let part) = event, part.index == 0 else { return }
      try? engine?.restoreState(state) {
        if case .failure(let error) = $0 { codes_.yield(error.code) }
        codes_.finish()
      }
    }
    try engine.submit(EngineRequest(id: 2, prompt: prompt, params: params))
    var iterator = codes.makeAsyncIterator()
    #expect(await iterator.next() == .queueFull)
    await collector.wait(ends: 2)
    engine.stop()
    await #expect { try await engine.restoreState(state) } throws: {
      ($0 as? LlamaError)?.code == .engineStopped
    }
    await #expect { _ = try await engine.saveState(beginning: [300]) } throws: {
      ($0 as? LlamaError)?.code == .engineStopped
    }
  }
}
