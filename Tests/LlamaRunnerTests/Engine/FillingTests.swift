import Testing

@testable import LlamaRunner

/// Idle slots that are computed along with the busy ones at their sides.
@Suite(.timeLimit(.minutes(10))) struct FillingTests {
  let model: Model
  let collector = Collector()

  init() throws { model = try TestModel.load() }

  private func engine(slots: Int) throws -> Engine {
    try Engine(
      model: model, configuration: EngineConfiguration(slots: slots, contextSize: 256)
    ) { [collector] in collector.deliver($0) }
  }

  private func prompt(_ number: Int, count: Int) -> [Token] {
    (0..<count).map { Token(300 + ($0 + 13 * number) * (7 + number) % 900) }
  }

  private func request(_ id: Int, _ prompt: [Token], maxTokens: Int) -> EngineRequest {
    EngineRequest(
      id: UInt64(id), prompt: prompt, params: TestModel.greedy(maxTokens: maxTokens))
  }

  /// The middle one of three ends first; its slot is computed along while the others go on.
  @Test func whatAnIdleSlotHoldsStaysWhileItIsComputedAlong() async throws {
    let engine = try engine(slots: 3)
    defer { engine.stop() }
    let middle = prompt(2, count: 80)
    try engine.submit(request(1, prompt(1, count: 10), maxTokens: 200))
    try engine.submit(request(2, middle, maxTokens: 8))
    try engine.submit(request(3, prompt(3, count: 10), maxTokens: 200))
    await collector.wait(ends: 3)
    let first = try collector.answer(2)
    let computed = engine.status.promptTokensTotal
    #expect(computed == 100)

    let next = middle + first.tokens + [301, 302]
    try engine.submit(request(4, next, maxTokens: 1))
    await collector.wait(ends: 4)
    #expect(engine.status.promptTokensTotal - computed <= 3)
    let alone = try LlamaRunner(model: model).generateStateless(
      next, params: TestModel.greedy(maxTokens: 1))
    #expect(try collector.answer(4).tokens == alone.tokens)
  }

  @Test func aSlotThatHoldsNothingGetsATokenAndGivesItBack() throws {
    let core = try EngineCore(
      model: model, configuration: EngineConfiguration(slots: 2, contextSize: 64)
    ) { _ in }
    let loop = DecodeLoop(core)
    core.context.clearBatch()
    loop.addLastToken(of: 1)
    try core.context.decode()
    #expect(core.context.end(sequence: 1) == 1)
    #expect(loop.contents[1].computed == 1)

    core.context.clearBatch()
    loop.addLastToken(of: 1)
    try core.context.decode()
    #expect(core.context.end(sequence: 1) == 1)

    loop.forgetLastToken(of: 1)
    #expect(core.context.end(sequence: 1) == 0)
    #expect(loop.contents[1] == SlotContents())
  }

  /// Many requests of all lengths, cancelled and not, leave cells that are what they are taken for.
  @Test(arguments: 0..<4) func whateverCameBeforeAnAnswerIsTheOneOfAnEngineOfItsOwn(
    seed: UInt64
  ) async throws {
    let engine = try engine(slots: 6)
    defer { engine.stop() }
    var random = SplitMix(state: seed)
    let beginnings = (0..<5).map { prompt($0, count: 40) }
    var asked: [Int: [Token]] = [:]
    for id in 0..<60 {
      let begin = beginnings[Int.random(in: 0..<5, using: &random)]
      let prompt =
        begin.prefix(Int.random(in: 1...40, using: &random))
        + (0..<Int.random(in: 1...20, using: &random)).map { _ in
          Token.random(in: 300..<1200, using: &random)
        }
      asked[id] = Array(prompt)
      try engine.submit(
        request(id, Array(prompt), maxTokens: .random(in: 1...40, using: &random)))
      if Int.random(in: 0..<6, using: &random) == 0 {
        engine.cancel(UInt64(Int.random(in: 0...id, using: &random)))
      }
    }
    await collector.wait(ends: 60)
    let runner = LlamaRunner(model: model)
    var compared = 0
    var others = 0
    for (id, prompt) in asked {
      let answer = try collector.answer(UInt64(id))
      #expect(answer.error == nil)
      guard let first = answer.tokens.first else { continue }
      let alone = try runner.generateStateless(prompt, params: TestModel.greedy(maxTokens: 1))
      compared += 1
      if first != alone.tokens.first { others += 1 }
    }
    #expect(compared > 30)
    // Sums that are rounded otherwise may decide between two tokens that are as likely.
    #expect(others <= compared / 20)
  }
}
