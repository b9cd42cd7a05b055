import LlamaRunner

/// A conversation that is put away as bytes, and taken up again by another runner.
public func putAway(_ modelPath: String) throws -> [String] {
  let options = StatefulOptions(system: "Answer briefly.")
  let morning = try LlamaRunner(modelPath: modelPath)
  try morning.initStateful(GenerationParams(maxTokens: 40), options: options)
  try morning.generateStateful("What is a cluster?")
  let bytes = try morning.saveState().serialize()

  let evening = try LlamaRunner(modelPath: modelPath)
  try evening.initStateful(GenerationParams(maxTokens: 40), options: options)
  try evening.restoreState(try SequenceState(bytes: bytes))
  let answer = try evening.generateStateful("And a node?")
  return [try evening.contextMessages()[1].content, answer.text]
}

/// What one engine computed, handed to another, which starts behind it.
///
/// - Returns: tokens of the prompt that the other one computed: the new ones alone.
public func handOver(_ modelPath: String) async throws -> UInt64 {
  let model = try Model(path: modelPath)
  let (ends, end) = AsyncStream.makeStream(of: Void.self)
  let deliver: @Sendable ([EngineEvent]) -> Void = { events in
    for case .finished in events { end.yield() }
  }
  var iterator = ends.makeAsyncIterator()
  let prompt = try model.tokenize("A cluster is a group of machines that")

  let first = try Engine(model: model, deliver: deliver)
  try first.submit(EngineRequest(id: 1, prompt: prompt))
  await iterator.next()
  guard let state = try await first.saveState(beginning: prompt) else { return 0 }

  let second = try Engine(model: model, deliver: deliver)
  try await second.restoreState(state)
  let more = try model.tokenize(" and", addSpecial: false)
  try second.submit(EngineRequest(id: 1, prompt: state.tokens + more))
  await iterator.next()
  return second.status.promptTokensTotal
}
