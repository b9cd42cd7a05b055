import Testing

@testable import LlamaRunner

@Suite struct StatefulTests {
  let model: Model

  init() throws { model = try TestModel.load() }

  func runner(
    _ options: StatefulOptions = StatefulOptions(), params: GenerationParams? = nil
  ) throws -> LlamaRunner {
    let runner = LlamaRunner(model: model)
    try runner.initStateful(params ?? TestModel.greedy(maxTokens: 24), options: options)
    return runner
  }

  @Test func theFirstTurnIsWhatTheStatelessCallAnswers() throws {
    let message = ChatMessage(role: "user", content: "What is a cluster?")
    let params = TestModel.greedy(maxTokens: 24)
    let answer = try runner().generateStateful(message.content)
    #expect(try LlamaRunner(model: model).generateStateless([message], params: params) == answer)
  }

  @Test func laterTurnsSeeTheEarlierOnes() throws {
    let runner = try runner(StatefulOptions(system: "Be brief."))
    let first = try runner.generateStateful("What is a cluster?")
    let second = try runner.generateStateful("And a node?")
    let whole = [
      ChatMessage(role: "system", content: "Be brief."),
      ChatMessage(role: "user", content: "What is a cluster?"),
      ChatMessage(role: "assistant", content: first.text),
      ChatMessage(role: "user", content: "And a node?"),
    ]
    // The memory holds the first answer as the model gave it, the token of its topic included.
    let unseen = first.tokens.count - TestModel.texts(first.tokens, model).count
    #expect(second.promptTokens == (try model.tokenize(model.chatPrompt(whole))).count + unseen)
    let stateless = try runner.generateStateless(whole, params: TestModel.greedy(maxTokens: 24))
    #expect(second.text == stateless.text)
    #expect(
      try runner.contextMessages()
        == whole + [ChatMessage(role: "assistant", content: second.text)])
  }

  @Test func plainTextGoesOn() throws {
    let runner = try runner(StatefulOptions(format: .plain))
    let first = try runner.generateStateful("A cluster is", maxTokens: 5)
    let second = try runner.generateStateful(" made of", maxTokens: 5)
    let tokens =
      try model.tokenize("A cluster is") + first.tokens
      + model.tokenize(" made of", addSpecial: false)
    #expect(second.promptTokens == tokens.count)
    #expect(try runner.contextTokens() == tokens + second.tokens)
  }

  @Test func theContextIsCounted() throws {
    let runner = try runner(StatefulOptions(contextSize: 128))
    #expect(try runner.contextInfo() == ContextInfo(usedTokens: 0, totalCapacity: 128))
    let answer = try runner.generateStateful("What is a cluster?", maxTokens: 8)
    let used = answer.promptTokens + answer.tokens.count
    let info = try runner.contextInfo()
    #expect(info.usedTokens == used)
    #expect(info.usagePercent == 100 * Double(used) / 128)
    try runner.clearContext()
    #expect(try runner.contextInfo().usedTokens == 0)
    #expect(try runner.contextMessages() == [])
  }

  @Test func aClearedContextAnswersLikeANewOne() throws {
    let runner = try runner()
    let first = try runner.generateStateful("What is a cluster?")
    try runner.generateStateful("And a node?")
    try runner.clearContext()
    #expect(try runner.generateStateful("What is a cluster?") == first)
  }

  @Test func nothingWorksBeforeItBegins() throws {
    let runner = LlamaRunner(model: model)
    expectError(.notInitialized) { try runner.generateStateful("A") }
    expectError(.notInitialized) { try runner.contextInfo() }
    expectError(.notInitialized) { try runner.gcContext(keepRecent: 1) }
    expectError(.notInitialized) { try runner.clearContext() }
  }

  @Test func badInputIsRefusedAndChangesNothing() throws {
    let runner = try runner(StatefulOptions(contextSize: 64))
    try runner.generateStateful("Hello", maxTokens: 8)
    let before = try runner.contextTokens()
    expectError(.promptEmpty) { try runner.generateStateful("") }
    expectError(.invalidParameter) { try runner.generateStateful("A", maxTokens: 0) }
    expectError(.invalidParameter) { try runner.gcContext(keepRecent: -1) }
    let long = String(repeating: "cluster ", count: 64)
    expectError(.promptTooLong) { try runner.generateStateful(long) }
    #expect(try runner.contextTokens() == before)
    expectError(.invalidParameter) {
      try runner.initStateful(options: StatefulOptions(contextSize: model.contextLength + 1))
    }
    expectError(.promptTooLong) {
      try runner.initStateful(options: StatefulOptions(system: long, contextSize: 64))
    }
    #expect(try runner.contextTokens() == before)
  }

  @Test func aFullContextSaysSoUntilThereIsRoom() throws {
    let runner = try runner(StatefulOptions(contextSize: 96))
    let long = try runner.generateStateful("What is a cluster?", maxTokens: 1000)
    #expect(long.promptTokens + long.tokens.count <= 96)
    var turns = 0
    let error = expectError(.contextFull) {
      while turns < 20 {
        try runner.generateStateful("And what is a node of it?", maxTokens: 24)
        turns += 1
      }
    }
    #expect(error?.message.contains("gcContext") == true)
    let messages = try runner.contextMessages()
    try runner.gcContext(keepRecent: 40)
    #expect(try runner.contextMessages().last == messages.last)
    try runner.generateStateful("And what is a node of it?", maxTokens: 24)
  }

  @Test func theCallerEndsAnAnswer() throws {
    let runner = try runner(params: TestModel.greedy(maxTokens: 64))
    var parts: [String] = []
    let answer = try runner.generateStateful("What is a cluster?") { part in
      parts.append(part)
      return parts.filter { !$0.isEmpty }.count < 3
    }
    #expect(answer.finishReason == .cancelled)
    #expect(parts.joined() == answer.text)
    #expect(try runner.contextMessages().last?.content == answer.text)
    let unsaid = try runner.generateStateful("And a node?") { _ in false }
    #expect(unsaid.finishReason == .cancelled)
    #expect(unsaid.tokens.isEmpty)
    #expect(try runner.contextMessages().count == 2)
    // What the ended calls left in the memory does not show in the next answer.
    let unseen = answer.tokens.count - TestModel.texts(answer.tokens, model).count
    let next = try runner.generateStateful("And a slot?", maxTokens: 8)
    let said = try model.tokenize(model.chatPrompt(Array(runner.contextMessages().dropLast())))
    #expect(next.promptTokens == said.count + unseen)
  }

  @Test func aSamplerOfOnesOwnDrawsTheTokens() throws {
    let params = TestModel.hot(maxTokens: 12, seed: 3)
    let expected = try runner(params: params).generateStateful("A", maxTokens: 12)
    let sampler = try TokenSampler(params, model: model)
    let own = try runner().generateStateful("A", maxTokens: 12, sampler: sampler)
    #expect(own == expected)
    let further = try runner().generateStateful("A", maxTokens: 12, sampler: sampler)
    #expect(further.tokens != own.tokens)
  }

  @Test func callsFromManyThreadsAreTakenInTurn() async throws {
    let runner = try runner()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask { try runner.generateStateful("Question \(number)?", maxTokens: 4) }
      }
      try await group.waitForAll()
    }
    let messages = try runner.contextMessages()
    #expect(
      messages.map(\.role) == Array(repeating: ["user", "assistant"], count: 8).flatMap { $0 })
    #expect(
      Set(messages.filter { $0.role == "user" }.map(\.content))
        == Set((0..<8).map { "Question \($0)?" }))
  }
}
