import Testing

@testable import LlamaRunner

/// An answer that another engine began goes on as it would have there.
@Suite(.timeLimit(.minutes(10))) struct ResumptionTests {
  let model: Model
  let prompt: [Token]

  init() throws {
    model = try TestModel.load()
    prompt = try model.tokenize("A cluster is")
  }

  func answer(
    _ params: GenerationParams, produced: [Token] = []
  ) async throws -> Collector.Answer {
    let collector = Collector()
    let engine = try Engine(
      model: model, configuration: EngineConfiguration(slots: 1, contextSize: 256)
    ) { collector.deliver($0) }
    defer { engine.stop() }
    try engine.submit(
      EngineRequest(id: 1, prompt: prompt, params: params, produced: produced))
    await collector.wait(ends: 1)
    return try collector.answer(1, from: produced.count)
  }

  /// Resumes after each of the tokens; what was passed on before and what comes then is the whole.
  func resumeEverywhere(_ params: GenerationParams) async throws {
    let whole = try await answer(params)
    let summary = try #require(whole.summary)
    for count in whole.tokens.indices {
      let rest = try await answer(params, produced: Array(whole.tokens[..<count]))
      #expect(Array(whole.tokens[..<count]) + rest.tokens == whole.tokens, "after \(count)")
      #expect(rest.summary?.text == summary.text, "after \(count)")
      #expect(rest.summary?.reason == summary.reason, "after \(count)")
    }
  }

  @Test func drawsGoOn() async throws {
    var params = GenerationParams(maxTokens: 16, temperature: 1.2, topP: 0.95, topK: 50, seed: 3)
    params.minP = 0.01
    try await resumeEverywhere(params)
  }

  @Test func penaltiesGoOn() async throws {
    var params = GenerationParams(maxTokens: 16, temperature: 1, seed: 4)
    params.repeatPenalty = 1.5
    params.frequencyPenalty = 0.5
    params.presencePenalty = 0.5
    params.repeatLastN = 5
    try await resumeEverywhere(params)
  }

  @Test func aGrammarGoesOn() async throws {
    var params = GenerationParams(maxTokens: 24, temperature: 1, seed: 5)
    params.grammar = try Grammar(gbnf: "root ::= [a-z]{3,5} \" \" [0-9]{4} \".\"")
    try await resumeEverywhere(params)
  }

  @Test func stopStringsGoOn() async throws {
    var params = TestModel.greedy(maxTokens: 24)
    let text = try await answer(params).text
    params.stop = [String(text.dropFirst(20).prefix(6))]
    let whole = try await answer(params)
    #expect(whole.summary?.reason == .stop)
    try await resumeEverywhere(params)
  }

  @Test func anAnswerThatWasOverEndsAtOnce() async throws {
    let params = TestModel.greedy(maxTokens: 6)
    let whole = try await answer(params)
    let again = try await answer(params, produced: whole.tokens)
    #expect(again.tokens.isEmpty)
    #expect(again.summary?.reason == .length)
    #expect(again.summary?.text == whole.text)
  }

  @Test func whatCannotHaveBeenProducedIsRefused() async throws {
    var params = TestModel.greedy(maxTokens: 2)
    await #expect(throws: LlamaError.self) { try await answer(params, produced: [1, 2, 3]) }
    await #expect(throws: LlamaError.self) { try await answer(params, produced: [-1]) }
    params.grammar = try Grammar(gbnf: "root ::= \"yes\"")
    let no = try model.tokenize("no", addSpecial: false)
    await #expect(throws: LlamaError.self) {
      try await answer(params, produced: Array(no.prefix(1)))
    }
  }
}
