import Testing

@testable import LlamaRunner

/// Prompts that begin alike are computed once, and answered as if each were alone.
@Suite(.timeLimit(.minutes(10))) struct PrefixSharingTests {
  let model: Model
  let collector = Collector()

  init() throws { model = try TestModel.load() }

  private func engine(slots: Int) throws -> Engine {
    try Engine(
      model: model, configuration: EngineConfiguration(slots: slots, contextSize: 256)
    ) { [collector] in collector.deliver($0) }
  }

  /// Tokens that every prompt of a test begins with.
  private var beginning: [Token] { (0..<120).map { 300 + $0 * 7 % 900 } }

  private func request(_ id: Int, _ prompt: [Token]) -> EngineRequest {
    EngineRequest(id: UInt64(id), prompt: prompt, params: TestModel.greedy(maxTokens: 12))
  }

  @Test func aConversationComputesItsNewTokensAlone() async throws {
    let engine = try engine(slots: 2)
    defer { engine.stop() }
    try engine.submit(request(1, beginning))
    await collector.wait(ends: 1)
    let first = try collector.answer(1)
    #expect(engine.status.promptTokensTotal == 120)
    // What was generated has cells too, but for the last token, which nothing followed.
    try engine.submit(request(2, beginning + first.tokens + [301, 302]))
    await collector.wait(ends: 2)
    #expect(try collector.answer(2).error == nil)
    #expect(engine.status.promptTokensTotal <= 120 + 3)
  }

  @Test func manyAtOnceShareWhatTheFirstComputes() async throws {
    let engine = try engine(slots: 8)
    defer { engine.stop() }
    let count = 24
    for id in 0..<count { try engine.submit(request(id, beginning + [Token(400 + id), 7])) }
    await collector.wait(ends: count)
    for id in 0..<count { #expect(try collector.answer(UInt64(id)).error == nil) }
    // The first computes all of it; each other one, its own two tokens.
    #expect(engine.status.promptTokensTotal <= UInt64(120 + 2 * count))
  }

  @Test func sharedCellsAnswerAsComputedOnes() async throws {
    let shared = try engine(slots: 4)
    defer { shared.stop() }
    let prompts = (0..<4).map { beginning + [Token(500 + $0), 11] }
    for (id, prompt) in prompts.enumerated() {
      try shared.submit(request(id, prompt))
      await collector.wait(ends: id + 1)
    }
    for (id, prompt) in prompts.enumerated() {
      let alone = try LlamaRunner(model: model).generateStateless(
        prompt, params: TestModel.greedy(maxTokens: 1))
      #expect(try collector.answer(UInt64(id)).tokens.first == alone.tokens.first)
    }
  }

  @Test func aSourceThatIsCancelledIsNotWaitedForForEver() async throws {
    let engine = try engine(slots: 3)
    defer { engine.stop() }
    for id in 0..<6 { try engine.submit(request(id, beginning + [Token(600 + id)])) }
    engine.cancel(0)
    engine.cancel(1)
    await collector.wait(ends: 6)
    for id in 2..<6 { #expect(try collector.answer(UInt64(id)).error == nil) }
  }
}
