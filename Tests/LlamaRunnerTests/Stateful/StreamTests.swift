import Testing

@testable import LlamaRunner

@Suite(.timeLimit(.minutes(10))) struct StreamTests {
  let runner: LlamaRunner

  init() throws {
    runner = LlamaRunner(model: try TestModel.load())
    try runner.initStateful(TestModel.greedy(maxTokens: 32))
  }

  @Test func thePartsAreTheAnswer() async throws {
    var text = ""
    for try await part in runner.streamStateful("What is a cluster?") { text += part }
    #expect(try runner.contextMessages().last?.content == text)
    #expect(!text.isEmpty)
  }

  @Test func whoLeavesTheLoopEndsTheAnswer() async throws {
    try runner.initStateful(TestModel.hot(maxTokens: 2000))
    for try await part in runner.streamStateful("What is a cluster?") where !part.isEmpty { break }
    // The next call waits for the runner's lock: until the answer has ended.
    #expect(try runner.contextInfo().usagePercent < 100)
  }

  @Test func errorsComeThroughTheStream() async throws {
    await #expect(throws: LlamaError.self) {
      for try await _ in runner.streamStateful("") {}
    }
  }
}
