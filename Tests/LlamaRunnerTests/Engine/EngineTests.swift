import Foundation
import Testing

@testable import LlamaRunner

@Suite(.timeLimit(.minutes(10))) struct EngineTests {
  let model: Model
  let collector = Collector()

  init() throws { model = try TestModel.load() }

  func engine(_ configuration: EngineConfiguration) throws -> Engine {
    try Engine(model: model, configuration: configuration) { [collector] in collector.deliver($0) }
  }

  @Test func greedyTokensAreTheStatelessCallsOneByOne() async throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 256))
    defer { engine.stop() }
    let runner = LlamaRunner(model: model)
    let prompts = ["A cluster is", "What is AI?", "1, 2, 3,", "🦙"]
    for (id, prompt) in prompts.enumerated() {
      let tokens = try model.tokenize(prompt)
      let params = TestModel.greedy(maxTokens: 64)
      try engine.submit(EngineRequest(id: UInt64(id), prompt: tokens, params: params))
      await collector.wait(ends: id + 1)
      let expected = try runner.generateStateless(prompt, params: params)
      let answer = try collector.answer(UInt64(id))
      #expect(answer.tokens == expected.tokens)
      #expect(answer.text == expected.text)
      #expect(answer.summary?.reason == expected.finishReason)
      #expect(answer.summary?.promptTokens == tokens.count)
    }
  }

  @Test func manyMoreRequestsThanSlotsAllEndOnce() async throws {
    let engine = try engine(EngineConfiguration(slots: 4, contextSize: 128, batchSize: 16))
    defer { engine.stop() }
    let count = 60
    var random = SplitMix(state: 1)
    for id in 0..<count {
      let length = Int.random(in: 1...100, using: &random)
      let prompt = try model.tokenize(String(repeating: "go ", count: length)).prefix(length)
      try engine.submit(
        EngineRequest(
          id: UInt64(id), prompt: Array(prompt),
          params: TestModel.hot(
            maxTokens: .random(in: 1...50, using: &random), seed: UInt32(id))))
    }
    await collector.wait(ends: count)
    var generated = 0
    for id in 0..<count {
      let answer = try collector.answer(UInt64(id))
      let summary = try #require(answer.summary, "\(String(describing: answer.error))")
      #expect(answer.text == model.text(of: answer.tokens) || summary.reason == .stop)
      #expect(summary.promptTokens + summary.tokenCount <= 128)
      generated += answer.tokens.count
    }
    let status = engine.status
    #expect(status.active == 0)
    #expect(status.waiting == 0)
    #expect(status.generatedTokensTotal == UInt64(generated))
    #expect(collector.events.count { $0.isEnd } == count)
  }

  @Test func aSeedRepeatsAnAnswerThatRunsAlone() async throws {
    let engine = try engine(EngineConfiguration(slots: 2, contextSize: 128))
    defer { engine.stop() }
    let prompt = try model.tokenize("A cluster is")
    for (id, seed) in [(1, 5), (2, 5), (3, 6)] as [(UInt64, UInt32)] {
      try engine.submit(
        EngineRequest(id: id, prompt: prompt, params: TestModel.hot(maxTokens: 30, seed: seed)))
      await collector.wait(ends: Int(id))
    }
    #expect(try collector.answer(1).tokens == collector.answer(2).tokens)
    #expect(try collector.answer(1).tokens != collector.answer(3).tokens)
  }

  @Test func aFullContextEndsByLength() async throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 32))
    defer { engine.stop() }
    let prompt = [Token](repeating: try model.tokenize("go", addSpecial: false)[0], count: 20)
    try engine.submit(
      EngineRequest(id: 1, prompt: prompt, params: TestModel.hot(maxTokens: 100)))
    await collector.wait(ends: 1)
    let answer = try collector.answer(1)
    #expect(answer.summary?.reason == .length)
    #expect(answer.tokens.count == 12)
    #expect(answer.text == model.text(of: answer.tokens))
  }

  @Test func aLongPromptDoesNotStallAStream() async throws {
    let engine = try engine(EngineConfiguration(slots: 2, contextSize: 512, batchSize: 16))
    defer { engine.stop() }
    let long = [Token](repeating: try model.tokenize("go", addSpecial: false)[0], count: 450)
    collector.onEvent { [weak engine] event in
      guard case .token(1, let part) = event, part.index == 0 else { return }
      try? engine?.submit(
        EngineRequest(id: 2, prompt: long, params: TestModel.hot(maxTokens: 1)))
    }
    try engine.submit(
      EngineRequest(id: 1, prompt: [long[0]], params: TestModel.hot(maxTokens: 60)))
    await collector.wait(ends: 2)
    let before = collector.events.prefix { $0.request == 1 }.count
    // 450 tokens, 15 a turn beside the stream's one.
    #expect(before >= 30)
  }

  @Test func promptsThatCannotRunAreRefused() throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 64))
    defer { engine.stop() }
    expectError(.promptEmpty) { try engine.submit(EngineRequest(id: 1, prompt: [])) }
    for count in [64, 65, 10_000] {
      let error = expectError(.promptTooLong) {
        try engine.submit(EngineRequest(id: 1, prompt: [Token](repeating: 300, count: count)))
      }
      #expect(error?.message.contains("\(count) tokens") == true)
      #expect(error?.message.contains("holds 64") == true)
    }
    expectError(.invalidParameter) { try engine.submit(EngineRequest(id: 1, prompt: [-1])) }
    expectError(.invalidParameter) {
      try engine.submit(
        EngineRequest(id: 1, prompt: [300], params: GenerationParams(temperature: 9)))
    }
    engine.stop()
    #expect(collector.events == [])
  }

  @Test func theQueueHasABound() async throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 64, queueLimit: 2))
    defer { engine.stop() }
    let gate = DispatchSemaphore(value: 0)
    collector.onEvent { event in
      if case .token(1, let part) = event, part.index == 0 { gate.wait() }
    }
    func request(_ id: UInt64) -> EngineRequest {
      EngineRequest(id: id, prompt: [300], params: TestModel.hot(maxTokens: 5))
    }
    for id in 1...3 as ClosedRange<UInt64> { try engine.submit(request(id)) }
    expectError(.queueFull) { try engine.submit(request(4)) }
    #expect(engine.status.active + engine.status.waiting == 3)
    gate.signal()
    await collector.wait(ends: 3)
    try engine.submit(request(4))
    await collector.wait(ends: 4)
    for id in 1...4 as ClosedRange<UInt64> { #expect(try collector.answer(id).error == nil) }
  }

  @Test func anIdIsTakenUntilItsRequestEnds() async throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 64))
    defer { engine.stop() }
    let gate = DispatchSemaphore(value: 0)
    collector.onEvent { event in
      if case .token(1, let part) = event, part.index == 0 { gate.wait() }
    }
    let request = EngineRequest(id: 1, prompt: [300], params: TestModel.hot(maxTokens: 5))
    try engine.submit(request)
    expectError(.invalidParameter) { try engine.submit(request) }
    gate.signal()
    await collector.wait(ends: 1)
    _ = try collector.answer(1)
  }

  @Test func theEngineTakesTheModelsContextWhereThatIsSmaller() throws {
    let engine = try engine(EngineConfiguration(slots: 1, contextSize: 1 << 20))
    #expect(engine.contextSize == model.contextLength)
  }

  @Test(arguments: [
    ("slots", EngineConfiguration(slots: 0)),
    ("slots", EngineConfiguration(slots: 257, batchSize: 512)),
    ("context_size", EngineConfiguration(contextSize: 1)),
    ("batch_size", EngineConfiguration(slots: 8, batchSize: 4)),
    ("micro_batch_size", EngineConfiguration(batchSize: 8, microBatchSize: 9)),
    ("threads", EngineConfiguration(threads: 0)),
    ("batch_threads", EngineConfiguration(batchThreads: 513)),
    ("queue_limit", EngineConfiguration(queueLimit: -1)),
  ])
  func sizesOutOfRangeAreRefusedByName(field: String, configuration: EngineConfiguration) {
    let error = expectError(.invalidParameter) { try engine(configuration) }
    #expect(error?.message.hasPrefix("\(field) must be ") == true)
  }
}
