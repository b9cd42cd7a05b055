import Testing

@testable import LlamaRunner

@Suite struct GenerationParamsTests {
  @Test func theDefaultsAreTheManuals() throws {
    let params = GenerationParams()
    #expect(params.maxTokens == 128)
    #expect(params.temperature == 0.7)
    #expect(params.topP == 0.9)
    #expect(params.topK == 40)
    try params.validate()
  }

  @Test(arguments: [
    ("max_tokens", GenerationParams(maxTokens: 0)),
    ("temperature", GenerationParams(temperature: -0.1)),
    ("temperature", GenerationParams(temperature: .nan)),
    ("temperature", GenerationParams(temperature: .infinity)),
    ("top_p", GenerationParams(topP: 0)),
    ("top_p", GenerationParams(topP: 1.01)),
    ("top_p", GenerationParams(topP: .nan)),
    ("top_k", GenerationParams(topK: -1)),
    ("threads", GenerationParams(threads: 0)),
    ("batch_threads", GenerationParams(batchThreads: 1000)),
  ])
  func outOfRangeIsRefusedByName(field: String, params: GenerationParams) {
    let error = expectError(.invalidParameter) { try params.validate() }
    #expect(error?.message.hasPrefix("\(field) must be ") == true)
  }

  @Test(arguments: [
    GenerationParams(maxTokens: 1, temperature: 0, topP: 1, topK: 0, seed: .max),
    GenerationParams(temperature: 5, topP: .leastNonzeroMagnitude, threads: 1, batchThreads: 512),
  ])
  func theBoundsThemselvesAreTaken(params: GenerationParams) throws {
    try params.validate()
  }
}
