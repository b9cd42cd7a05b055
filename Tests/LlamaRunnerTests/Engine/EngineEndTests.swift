import Testing

@testable import LlamaRunner

/// Requests that are cancelled, and engines that stop.
@Suite(.timeLimit(.minutes(10))) struct EngineEndTests {
  let model: Model
  let collector = Collector()
  let word: Token

  init() throws {
    model = try TestModel.load()
    word = try model.tokenize("go", addSpecial: false)[0]
  }

  /// An engine that calls `onToken` on its thread with the index of each token of request 1.
  func engine(
    _ configuration: EngineConfiguration,
    onToken: @escaping @Sendable (Engine, Int) -> Void = { _, _ in }
  ) throws -> Engine {
    let engine = try Engine(model: model, configuration: configuration) { [collector] in
      collector.deliver($0)
    }
    collector.onEvent { [weak engine] event in
      guard case .token(1, let part) = event, let engine else { return }
      onToken(engine, part.index)
    }
    return engine
  }

  func request(_ id: UInt64, promptTokens: Int = 1, maxTokens: Int = 40) -> EngineRequest {
    EngineRequest(
      id: id, prompt: [Token](repeating: word, count: promptTokens),
      params: TestModel.hot(maxTokens: maxTokens))
  }

  @Test func aRunningRequestEndsBeforeTheNextDecode() async throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 64)) { engine, _ in
      engine.cancel(1)
    }
    defer { engine.stop() }
    try engine.submit(request(1))
    await collector.wait(ends: 1)
    let answer = try collector.answer(1)
    #expect(answer.summary?.reason == .cancelled)
    #expect(answer.tokens.count == 1)
  }

  @Test func aQueuedRequestEndsWhileTheOtherRuns() async throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 64)) { engine, index in
      guard index == 0 else { return }
      try? engine.submit(request(2))
      try? engine.submit(request(3))
      engine.cancel(2)
    }
    defer { engine.stop() }
    try engine.submit(request(1))
    await collector.wait(ends: 3)
    #expect(try collector.answer(2).summary?.reason == .cancelled)
    #expect(try collector.answer(2).tokens == [])
    #expect(collector.events.filter(\.isEnd).map(\.request) == [2, 1, 3])
  }

  @Test func aPromptEndsBetweenItsChunks() async throws {
    let engine = try engine(
      EngineConfiguration(slots: 2, contextSize: 1024, batchSize: 8)
    ) { engine, index in
      if index == 0 { try? engine.submit(request(2, promptTokens: 1000)) }
      if index == 5 { engine.cancel(2) }
    }
    defer { engine.stop() }
    try engine.submit(request(1))
    await collector.wait(ends: 2)
    let answer = try collector.answer(2)
    #expect(answer.summary?.reason == .cancelled)
    #expect(answer.summary?.firstTokenMilliseconds == nil)
    #expect(answer.tokens == [])
    // Five turns of seven tokens beside the stream's one.
    #expect(engine.status.promptTokensTotal == 1 + 5 * 7)
    #expect(try collector.answer(1).tokens.count == 40)
  }

  @Test func aSlotIsCleanAfterACancelledRequest() async throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 256)) { engine, _ in
      engine.cancel(1)
    }
    defer { engine.stop() }
    try engine.submit(request(1, promptTokens: 200))
    let params = TestModel.greedy(maxTokens: 20)
    let prompt = try model.tokenize("A cluster is")
    try engine.submit(EngineRequest(id: 2, prompt: prompt, params: params))
    await collector.wait(ends: 2)
    let expected = try LlamaRunner(model: model).generateStateless(prompt, params: params)
    #expect(try collector.answer(2).tokens == expected.tokens)
  }

  @Test func cancellingAStrangerDoesNothing() async throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 64)) { engine, _ in
      engine.cancel(77)
    }
    defer { engine.stop() }
    engine.cancel(1)
    try engine.submit(request(1))
    await collector.wait(ends: 1)
    engine.cancel(1)
    try engine.submit(request(2))
    await collector.wait(ends: 2)
    #expect(try collector.answer(1).tokens.count == 40)
    #expect(try collector.answer(2).tokens.count == 40)
  }

  @Test func stoppingEndsAllRequestsOnce() async throws {
    let engine = try engine(EngineConfiguration(slots: 2, contextSize: 1024))
    defer { engine.stop() }
    let count: UInt64 = 250
    for id in 1...count { try engine.submit(request(id, maxTokens: 1000)) }
    await collector.wait { $0.contains(where: \.isToken) }
    engine.stop()
    // The thread is joined: every event is there.
    for id in 1...count { _ = try collector.answer(id) }
    #expect(try collector.answer(count).summary?.reason == .cancelled)
    #expect(engine.status.active + engine.status.waiting == 0)
    expectError(.engineStopped) { try engine.submit(request(count + 1)) }
    engine.stop()
    #expect(collector.events.count { $0.isEnd } == Int(count))
  }

  @Test func anEngineMayBeStoppedByItsOwnEvent() async throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 64)) { engine, index in
      try? engine.submit(request(2))
      engine.stop()
    }
    defer { engine.stop() }
    try engine.submit(request(1))
    await collector.wait(ends: 2)
    #expect(try collector.answer(1).summary?.reason == .cancelled)
    #expect(try collector.answer(2).summary?.reason == .cancelled)
  }

  @Test func anEngineThatIsDroppedEndsItsRequests() async throws {
    do {
      let engine = try engine(EngineConfiguration(slots: 1, contextSize: 1024))
      for id in 1...3 as ClosedRange<UInt64> { try engine.submit(request(id, maxTokens: 1000)) }
    }
    await collector.wait(ends: 3)
    for id in 1...3 as ClosedRange<UInt64> {
      #expect(try collector.answer(id).summary?.reason == .cancelled)
    }
  }

  @Test func aDecodeThatFailsEndsItsRequestsAndNoOthers() async throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 64)) { engine, index in
      guard index == 3 else { return }
      // A cell where the request's next token belongs, which llama.cpp then refuses.
      engine.core.context.clearBatch()
      engine.core.context.add(word, position: 4, sequence: 0, wantsLogits: false)
      #expect(throws: Never.self) { try engine.core.context.decode() }
    }
    defer { engine.stop() }
    try engine.submit(request(1))
    let params = TestModel.greedy(maxTokens: 20)
    let prompt = try model.tokenize("A cluster is")
    try engine.submit(EngineRequest(id: 2, prompt: prompt, params: params))
    await collector.wait(ends: 2)
    let failed = try collector.answer(1)
    #expect(failed.error?.code == .decodeFailed)
    #expect(failed.tokens.count == 4)
    let expected = try LlamaRunner(model: model).generateStateless(prompt, params: params)
    #expect(try collector.answer(2).tokens == expected.tokens)
  }

  /// Requests come, are cancelled at any time, and come again; each ends once.
  @Test func cancelsAndRequestsInDisorder() async throws {
    let engine = try engine(
      EngineConfiguration(slots: 3, contextSize: 128, batchSize: 8, queueLimit: 1000))
    defer { engine.stop() }
    let count: UInt64 = 200
    await withTaskGroup(of: Void.self) { group in
      for part in 0..<4 as Range<UInt64> {
        group.addTask {
          var random = SplitMix(state: part)
          for id in stride(from: part, to: count, by: 4) {
            let prompt = Int.random(in: 1...80, using: &random)
            try? engine.submit(request(id + 1, promptTokens: prompt, maxTokens: 10))
            engine.cancel(UInt64.random(in: 1...(id + 1), using: &random))
          }
        }
      }
    }
    await collector.wait(ends: Int(count))
    for id in 1...count { #expect(try collector.answer(id).error == nil) }
    #expect(collector.events.count { $0.isEnd } == Int(count))
  }
}
