import Testing

@testable import LlamaRunner

@Suite struct EmbeddingTests {
  let model: Model

  init() throws { model = try TestModel.load() }

  func cosine(_ left: [Float], _ right: [Float]) -> Float {
    zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test func anEmbeddingHasLengthOne() throws {
    let embedding = try model.embedding(of: "A cluster is made of nodes.")
    #expect(embedding.count == model.embeddingLength)
    #expect(abs(cosine(embedding, embedding) - 1) < 1e-5)
    #expect(try model.embedding(of: "A cluster is made of nodes.") == embedding)
  }

  @Test func whatIsAlikeIsNear() throws {
    let question = try model.embedding(of: "What is a load balancer?")
    let near = try model.embedding(of: "What does a load balancer do?")
    let far = try model.embedding(of: "{\"i\": 0, \"id\": 415}")
    #expect(cosine(question, near) > cosine(question, far))
  }

  @Test func longTextsAreComputedAtOnce() throws {
    let text = String(repeating: "go ", count: 600)
    #expect(try model.tokenize(text).count > LlamaRunner.batchSize)
    #expect(try model.embedding(of: text, threads: 2).count == model.embeddingLength)
  }

  @Test func badInputIsRefused() throws {
    expectError(.promptEmpty) { try model.embedding(of: "") }
    expectError(.invalidParameter) { try model.embedding(of: "A", threads: 0) }
    expectError(.promptTooLong) {
      try model.embedding(of: String(repeating: "go ", count: model.contextLength))
    }
  }
}
