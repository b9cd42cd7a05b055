import Llambo

/// Several prompts at once: the answers, in the prompts' order.
func parallel(
  _ prompts: [String], _ orchestrator: Orchestrator
) async throws -> [InferenceResponse] {
  try await withThrowingTaskGroup(of: (Int, InferenceResponse).self) { group in
    for (place, prompt) in prompts.enumerated() {
      group.addTask { (place, try await orchestrator.process(prompt, maxTokens: 32)) }
    }
    var answers: [Int: InferenceResponse] = [:]
    for try await (place, answer) in group { answers[place] = answer }
    return prompts.indices.compactMap { answers[$0] }
  }
}

/// Three nodes' views of one question, made one by the cluster: what most of them say.
func voted(_ prompt: String, _ orchestrator: Orchestrator) async throws -> InferenceResponse {
  var request = InferenceRequest(prompt: prompt, maxTokens: 32)
  request.fusion = Fusion(.majority, nodes: 3)
  return try await orchestrator.process(request)
}

/// The same by hand: what most answers say, else what the model was surest of.
func fused(_ prompt: String, _ orchestrator: Orchestrator) async throws -> String {
  try await withThrowingTaskGroup(of: InferenceResponse.self) { group in
    for seed in 1...3 {
      group.addTask {
        var request = InferenceRequest(prompt: prompt, maxTokens: 32, seed: UInt32(seed))
        request.logprobs = 0
        return try await orchestrator.process(request)
      }
    }
    let responses = try await group.reduce(into: []) { $0.append($1) }
    return combine(responses)
  }
}

func combine(_ responses: [InferenceResponse]) -> String {
  let votes = Dictionary(grouping: responses, by: \.text)
  let best = votes.values.max { left, right in
    (left.count, sureness(left[0])) < (right.count, sureness(right[0]))
  }
  return best?.first?.text ?? ""
}

private func sureness(_ response: InferenceResponse) -> Double {
  response.meanLogProbability ?? -.infinity
}

/// An answer, or what to tell the user; a cluster that is full is asked once more.
func careful(_ request: InferenceRequest, _ orchestrator: Orchestrator) async -> String {
  do throws(LlamboError) {
    return "Success: \(try await orchestrator.process(request).text)"
  } catch {
    guard error.code == .queueFull else { return "Inference failed: \(error.code.name)" }
    try? await Task.sleep(for: error.retryAfter ?? .seconds(1))
    return (try? await orchestrator.process(request).text) ?? "The cluster is busy"
  }
}

/// An answer as it comes, left when enough was seen.
func firstSentence(_ prompt: String, _ orchestrator: Orchestrator) async throws -> String {
  var text = ""
  for try await token in orchestrator.stream(.question(prompt)) {
    text += token.text
    if text.contains(".") { break }
  }
  return text
}
