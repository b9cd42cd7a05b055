import Llambo

/// An answer as it comes, left when enough was seen.
public func stream(_ path: String) async throws -> String {
  let context = try Context(model: try Model.load(path))
  var text = ""
  for try await token in context.stream(InferenceRequest(prompt: "A cluster is", maxTokens: 100)) {
    text += token.text
    if text.count > 80 { break }
  }
  return text
}

/// Every field of `GenerationParams` is a field of a request.
public func askForJSON(_ path: String) async throws -> InferenceResponse {
  let context = try Context(model: try Model.load(path))
  var request = InferenceRequest.question("Is a cluster one computer?")
  request.maxTokens = 60
  request.seed = 1
  request.grammar = try Grammar(
    jsonSchema: #"{"type":"object","properties":{"sure":{"type":"boolean"}},"required":["sure"]}"#)
  request.logprobs = 0
  return try await context.infer(request)
}

/// A conversation, turn by turn.
public func converse(_ path: String) async throws -> [String] {
  let context = try Context(model: try Model.load(path))
  var turns = [ChatMessage(role: "system", content: "Answer briefly.")]
  for question in ["What is a node?", "And a cluster?"] {
    turns.append(ChatMessage(role: "user", content: question))
    let answer = try await context.infer(InferenceRequest(messages: turns, maxTokens: 48))
    turns.append(ChatMessage(role: "assistant", content: answer.text))
  }
  return turns.filter { $0.role == "assistant" }.map(\.content)
}

/// Four requests in one batch.
public func batch(_ path: String) async throws -> Int {
  let context = try Context(
    model: try Model.load(path), contextSize: 512, batchSize: 256, slots: 4)
  async let first = context.infer(InferenceRequest(prompt: "A node is", maxTokens: 16))
  async let second = context.infer(InferenceRequest(prompt: "A slot is", maxTokens: 16))
  return try await first.tokenCount + second.tokenCount
}

/// Gives up after a while.
public func impatient(_ path: String) async throws -> LlamboError.Code? {
  let context = try Context(model: try Model.load(path), contextSize: 2048)
  let task = Task {
    var endless = InferenceRequest(prompt: "A cluster is", maxTokens: 2000)
    endless.ignoreEOS = true
    return try await context.infer(endless)
  }
  task.cancel()
  do {
    _ = try await task.value
    return nil
  } catch let error as LlamboError {
    return error.code  // .cancelled
  }
}
