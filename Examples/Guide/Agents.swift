import LlamaRunner

/// The three patterns.
public func agents(_ modelPath: String) throws -> [String] {
  let stateless = try StatelessAgent(modelPath: modelPath)
  let answer = try stateless.process("What is a token?")

  let stateful = try StatefulAgent(modelPath: modelPath)
  let hello = try stateful.process("I drive from Hamburg to Lyon.")
  let route = try stateful.process("Where do I stop?")
  try stateful.reset()

  let mark = try MarkAgent(modelPath: modelPath, agentType: .bigBear)
  let plan = try mark.processTask("20 t of glass, Hamburg to Lyon, by Friday")
  return [answer, hello, route, plan]
}

/// Several models, each for what it does well.
public func switchModels(chat: String, code: String) throws -> [String] {
  let agent = MultiModelAgent(chatModelPath: chat, codeModelPath: code)
  let answer = try agent.chat("What is a load balancer?", maxTokens: 50)
  let program = try agent.code("reverse a string", maxTokens: 50)
  agent.models.unload("code")
  return [answer, program]
}

/// One runner behind a server: calls from any thread are taken in turn.
public func serve(_ modelPath: String, questions: [String]) async throws -> [String] {
  let runner = try Quick.createAgentRunner(modelPath)
  return try await withThrowingTaskGroup(of: String.self) { group in
    for question in questions {
      group.addTask {
        var answer = ""
        for try await part in runner.streamStateful(question, maxTokens: 20) { answer += part }
        return answer
      }
    }
    return try await group.reduce(into: []) { $0.append($1) }
  }
}
