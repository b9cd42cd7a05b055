import LlamaRunner

/// Sampling, tokens and batches by hand.
public func decodeByHand(_ modelPath: String) throws -> String {
  let model = try Model(path: modelPath)
  let sampler = try Tokens.createSampler(
    temperature: 0.05, topP: 0.95, topK: 30, model: model)
  let tokens = try Tokens.tokenize("A cluster is", model: model, addSpecial: true)

  var decoder = try TokenDecoder(model: model, contextSize: 128)
  var batch = Tokens.buildBatch(tokens, startPosition: 0)
  var answer: [Token] = []
  while answer.count < 20 {
    try decoder.decode(batch)
    guard let token = try decoder.sample(sampler), !model.isEndOfGeneration(token) else { break }
    answer.append(token)
    batch = Tokens.buildBatch([token], startPosition: batch.endPosition)
  }
  return model.text(of: answer)
}

/// A sampler of one's own in a conversation.
public func converseConservatively(_ modelPath: String) throws -> String {
  let runner = try Quick.createAgentRunner(modelPath)
  let sampler = try Tokens.createSampler(
    temperature: 0.05, topP: 0.95, topK: 30, model: runner.model)
  return try runner.generateStateful("What is a node?", maxTokens: 40, sampler: sampler).text
}

/// Texts by their nearness.
public func compare(_ modelPath: String) throws -> Float {
  let model = try Model(path: modelPath)
  let left = try model.embedding(of: "What is a load balancer?")
  let right = try model.embedding(of: "What does a load balancer do?")
  return zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
}

/// Fails where a model is not what its `model.json` says.
public func validate(_ modelPath: String) throws {
  try validateModel(loadModel(modelPath))
}

/// A model with an adapter at half strength.
public func adapt(_ modelPath: String, adapter: String) throws -> LlamaRunner {
  try LlamaRunner(
    modelPath: modelPath,
    options: ModelOptions(adapters: [Adapter(path: adapter, scale: 0.5)]))
}

/// Text as it is to be said.
public func pronounce() -> (text: String, quality: Double) {
  let pronunciation = Pronunciation(mappings: [
    "MyCompany": "My Company",
    "API_KEY": "A-P-I Key",
  ])
  let text = pronunciation.prepare("MyCompany renews the API_KEY of getUserData")
  return (text, Pronunciation.quality(of: text))
}
