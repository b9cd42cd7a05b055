import LlamaRunner

/// One question, one answer, nothing kept.
public func askOnce(_ modelPath: String) throws -> String {
  let runner = try LlamaRunner(modelPath: modelPath)
  let params = GenerationParams(maxTokens: 100, temperature: 0.1)
  let answer = try runner.ask("What is a cluster?", params: params)
  return answer.text
}

/// A text that is gone on from, as it stands.
public func continueText(_ modelPath: String) throws -> String {
  let runner = try LlamaRunner(modelPath: modelPath)
  let answer = try runner.generateStateless("A cluster is", params: GenerationParams(maxTokens: 20))
  return answer.text
}

/// The shortest way.
public func quick(_ modelPath: String) throws -> String {
  try Quick.generateOnce(modelPath, "Explain load balancing", maxTokens: 200)
}

/// A conversation with its memory managed by hand.
public func converse(_ modelPath: String) throws -> [String] {
  let runner = try LlamaRunner(modelPath: modelPath)
  try runner.initStateful(
    GenerationParams(temperature: 0.2), options: StatefulOptions(system: "Answer briefly."))

  let first = try runner.generateStateful("My name is Alice", maxTokens: 50)
  let second = try runner.generateStateful("What's my name?", maxTokens: 50)

  let info = try runner.contextInfo()
  if info.usagePercent > 80 {
    try runner.gcContext(keepRecent: 1000)
  }
  return [first.text, second.text]
}

/// An answer part by part, left when enough was seen.
public func stream(_ modelPath: String) async throws -> String {
  let runner = try Quick.createAgentRunner(modelPath)
  var text = ""
  for try await part in runner.streamStateful("What is a load balancer?", maxTokens: 100) {
    text += part
    if text.count > 80 { break }
  }
  return text
}

/// An answer that a JSON Schema binds, and how sure the model was of it.
public func askForJSON(_ modelPath: String) throws -> (text: String, confidence: Double?) {
  let runner = try LlamaRunner(modelPath: modelPath)
  var params = GenerationParams(maxTokens: 60, temperature: 0.8, seed: 1)
  params.grammar = try Grammar(
    jsonSchema: #"{"type":"object","properties":{"sure":{"type":"boolean"}},"required":["sure"]}"#)
  params.logprobs = 3
  let answer = try runner.ask("Is a cluster one computer?", params: params)
  return (answer.text, answer.meanLogProbability)
}
