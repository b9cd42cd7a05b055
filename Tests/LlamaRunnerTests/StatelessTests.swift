import Testing

@testable import LlamaRunner

@Suite struct StatelessTests {
  let runner: LlamaRunner

  init() throws { runner = LlamaRunner(model: try TestModel.load()) }

  @Test func greedyAnswersRepeat() throws {
    let params = TestModel.greedy(maxTokens: 24)
    let first = try runner.generateStateless("A cluster is", params: params)
    #expect(try runner.generateStateless("A cluster is", params: params) == first)
    #expect(first.text == runner.model.text(of: first.tokens))
    #expect(first.promptTokens == (try runner.model.tokenize("A cluster is")).count)
    #expect(first.finishReason != .cancelled)
  }

  @Test func aSeedRepeatsAnAnswer() throws {
    let first = try runner.generateStateless("A", params: TestModel.hot(maxTokens: 24, seed: 1))
    let again = try runner.generateStateless("A", params: TestModel.hot(maxTokens: 24, seed: 1))
    let other = try runner.generateStateless("A", params: TestModel.hot(maxTokens: 24, seed: 2))
    #expect(first == again)
    #expect(first.tokens != other.tokens)
  }

  @Test func theLargestSeedIsASeedLikeAnyOther() throws {
    let params = TestModel.hot(maxTokens: 12, seed: .max)
    #expect(
      try runner.generateStateless("A", params: params)
        == runner.generateStateless("A", params: params))
  }

  @Test func aConversationEndsByItself() throws {
    let answer = try runner.generateStateless(
      [ChatMessage(role: "user", content: "What is a cluster?")],
      params: TestModel.greedy(maxTokens: 1000))
    #expect(answer.finishReason == .stop)
    #expect(answer.tokens.allSatisfy { !runner.model.isEndOfGeneration($0) })
  }

  @Test func lengthStopsAtTheLimit() throws {
    let answer = try runner.generateStateless("A", params: TestModel.hot(maxTokens: 3))
    #expect(answer.finishReason == .length)
    #expect(answer.tokens.count == 3)
  }

  @Test func moreThreadsGiveTheSameAnswer() throws {
    var params = TestModel.greedy(maxTokens: 12)
    params.threads = 1
    let one = try runner.generateStateless("A cluster is", params: params)
    params.threads = 2
    params.batchThreads = 2
    #expect(try runner.generateStateless("A cluster is", params: params) == one)
  }

  @Test func badPromptsAndParametersAreRefused() throws {
    let length = runner.model.contextLength
    expectError(.promptEmpty) { try runner.generateStateless("") }
    expectError(.promptEmpty) { try runner.generateStateless([Token]()) }
    expectError(.promptEmpty) { try runner.generateStateless([ChatMessage]()) }
    let error = expectError(.promptTooLong) {
      try runner.generateStateless([Token](repeating: 300, count: length))
    }
    #expect(error?.message.contains("\(length) tokens") == true)
    expectError(.invalidParameter) { try runner.generateStateless([-1]) }
    expectError(.invalidParameter) {
      try runner.generateStateless([Token(runner.model.vocabularySize)])
    }
    expectError(.invalidParameter) {
      try runner.generateStateless("A", params: GenerationParams(maxTokens: 0))
    }
  }
}
