import Testing

@testable import LlamaRunner

@Suite struct AgentTests {
  let model: Model

  init() throws { model = try TestModel.load() }

  @Test func quickAnswersAsTheRunnerDoes() throws {
    let text = try Quick.generateOnce(TestModel.folder, "What is a cluster?", maxTokens: 3)
    #expect(!text.isEmpty)
    #expect(try model.tokenize(text, addSpecial: false).count <= 3)
    expectError(.modelNotFound) { try Quick.generateOnce("/nowhere.gguf", "A") }
    let runner = try Quick.createAgentRunner(TestModel.folder)
    #expect(try runner.contextInfo().totalCapacity == model.contextLength)
  }

  @Test func aStatelessAgentForgets() throws {
    let agent = try StatelessAgent(
      modelPath: TestModel.folder, params: TestModel.greedy(maxTokens: 16))
    let first = try agent.process("What is a cluster?")
    _ = try agent.process("What is a node?")
    #expect(try agent.process("What is a cluster?") == first)
  }

  @Test func aStatefulAgentGoesOnForEver() throws {
    let agent = try StatefulAgent(
      runner: LlamaRunner(model: model), params: TestModel.greedy(maxTokens: 24),
      options: StatefulOptions(system: "Be brief.", contextSize: 160), keepRecent: 60)
    #expect(agent.contextLimit == 75)
    var forgot = false
    for number in 0..<12 {
      let before = try agent.runner.contextInfo()
      let answer = try agent.respond("What is node \(number) of a cluster?")
      let after = try agent.runner.contextInfo()
      #expect(after.usedTokens <= after.totalCapacity)
      #expect(answer.promptTokens < after.totalCapacity)
      if before.usagePercent > 75 {
        forgot = true
        #expect(answer.promptTokens < before.usedTokens)
      }
      let messages = try agent.runner.contextMessages()
      #expect(messages.first == ChatMessage(role: "system", content: "Be brief."))
      #expect(messages.dropLast().last?.content == "What is node \(number) of a cluster?")
    }
    #expect(forgot)
    try agent.reset()
    #expect(try agent.runner.contextMessages().count == 1)
  }

  @Test func aQueryThatNeedsTheRoomGetsIt() throws {
    let agent = try StatefulAgent(
      runner: LlamaRunner(model: model), params: TestModel.greedy(maxTokens: 16),
      options: StatefulOptions(contextSize: 128), contextLimit: 100, keepRecent: 500)
    _ = try agent.process("What is a cluster?")
    let long = String(repeating: "go ", count: 45)
    _ = try agent.process(long)
    _ = try agent.process(long)
    #expect(try agent.runner.contextMessages().dropLast().last?.content == long)
    expectError(.promptTooLong) { try agent.process(String(repeating: "go ", count: 500)) }
  }

  @Test(arguments: AgentType.allCases) func everyRoleHasItsPrompt(type: AgentType) throws {
    let input = "42 pallets {of} glass\nfrom A to B"
    let prompt = type.prompt(for: input)
    #expect(prompt.hasSuffix(input))
    #expect(AgentType.allCases.filter { $0.prompt(for: input) == prompt } == [type])
    let agent = try MarkAgent(
      runner: LlamaRunner(model: model), agentType: type, params: TestModel.greedy(maxTokens: 8))
    let answer = try agent.processTask(input)
    let expected = try LlamaRunner(model: model).generateStateless(
      [ChatMessage(role: "user", content: prompt)], params: TestModel.greedy(maxTokens: 8))
    #expect(answer == expected.text)
  }

  @Test func modelsAreSwitchedAtRunTime() throws {
    let models = ModelSwitcher(paths: ["a": TestModel.folder, "b": model.path, "c": "/nowhere"])
    #expect(models.loaded == [])
    let first = try models.runner("a")
    try first.generateStateful("Hello", maxTokens: 4)
    #expect(try models.runner("b").contextInfo().usedTokens == 0)
    #expect(try models.runner("a") === first)
    #expect(models.loaded == ["a", "b"])
    models.unload("a")
    #expect(models.loaded == ["b"])
    #expect(try models.runner("a").contextInfo().usedTokens == 0)
    expectError(.modelNotFound) { try models.runner("c") }
    let error = expectError(.modelNotFound) { try models.runner("d") }
    #expect(error?.message.contains("a, b, c") == true)
  }

  @Test func aMultiModelAgentKeepsItsModelsApart() throws {
    let agent = MultiModelAgent(chatModelPath: TestModel.folder, codeModelPath: TestModel.folder)
    _ = try agent.chat("What is a cluster?", maxTokens: 4)
    #expect(agent.models.loaded == ["chat"])
    _ = try agent.code("add two numbers\nand print them", maxTokens: 4)
    #expect(
      try agent.models.runner("code").contextMessages().first?.content
        == "```swift\n// add two numbers\n// and print them\n")
    #expect(try agent.models.runner("chat").contextMessages().count == 2)
  }
}
