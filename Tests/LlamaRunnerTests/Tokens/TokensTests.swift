import Testing

@testable import LlamaRunner

@Suite struct TokensTests {
  let model: Model

  init() throws { model = try TestModel.load() }

  @Test func batchesMakeTheStatelessAnswer() throws {
    let tokens = try Tokens.tokenize("A cluster is made of", model: model, addSpecial: true)
    #expect(tokens == (try model.tokenize("A cluster is made of")))
    let expected = try LlamaRunner(model: model).generateStateless(
      tokens, params: TestModel.greedy(maxTokens: 8))
    var decoder = try TokenDecoder(model: model, contextSize: 64)
    let sampler = try Tokens.createSampler(temperature: 0, topP: 1, topK: 0, model: model)
    var batch = Tokens.buildBatch(tokens, startPosition: 0)
    var answer: [Token] = []
    while answer.count < expected.tokens.count {
      try decoder.decode(batch)
      answer.append(try #require(try decoder.sample(sampler)))
      batch = Tokens.buildBatch([answer.last!], startPosition: batch.endPosition)
    }
    #expect(answer == expected.tokens)
    #expect(decoder.info.usedTokens == tokens.count + answer.count - 1)
  }

  @Test func aBatchMayBeginWhereItsTokensWereBefore() throws {
    let tokens = try model.tokenize("one two three four five")
    var decoder = try TokenDecoder(model: model, contextSize: 64)
    try decoder.decode(Tokens.buildBatch(tokens, startPosition: 0))
    let first = decoder.logits
    try decoder.decode(Tokens.buildBatch([5, 6, 7], startPosition: 2))
    #expect(decoder.info.usedTokens == 5)
    #expect(decoder.logits != first)
    try decoder.decode(Tokens.buildBatch(tokens, startPosition: 0))
    #expect(decoder.logits == first)
  }

  @Test func badBatchesAreRefused() throws {
    var decoder = try TokenDecoder(model: model, contextSize: 8)
    let sampler = try Tokens.createSampler(temperature: 0, topP: 1, topK: 0, model: model)
    #expect(decoder.logits.isEmpty)
    #expect(throws: LlamaError.self) { try decoder.sample(sampler) }
    for (batch, code) in [
      (TokenBatch(tokens: [], startPosition: 0), LlamaError.Code.promptEmpty),
      (TokenBatch(tokens: [1], startPosition: 1), .invalidParameter),
      (TokenBatch(tokens: [1], startPosition: -1), .invalidParameter),
      (TokenBatch(tokens: [-1], startPosition: 0), .invalidParameter),
      (TokenBatch(tokens: Array(repeating: 1, count: 9), startPosition: 0), .contextFull),
    ] {
      do throws(LlamaError) {
        try decoder.decode(batch)
        Issue.record("\(batch) was taken")
      } catch {
        #expect(error.code == code)
      }
    }
    #expect(decoder.info.usedTokens == 0)
    #expect(throws: LlamaError.self) {
      _ = try Tokens.createSampler(temperature: 9, topP: 1, topK: 0, model: model)
    }
    #expect(throws: LlamaError.self) { _ = try TokenDecoder(model: model, contextSize: 1 << 22) }
  }

  @Test func aConservativeSamplerStaysWithTheLikeliest() throws {
    var decoder = try TokenDecoder(model: model, contextSize: 64)
    try decoder.decode(Tokens.buildBatch(try model.tokenize("A cluster is"), startPosition: 0))
    let likeliest = decoder.logits.indices.max { decoder.logits[$0] < decoder.logits[$1] }
    let one = try Tokens.createSampler(temperature: 5, topP: 1, topK: 1, seed: 1, model: model)
    let many = try Tokens.createSampler(temperature: 5, topP: 1, topK: 0, seed: 1, model: model)
    var drawn: Set<Token> = []
    for _ in 0..<20 {
      #expect(try decoder.sample(one).map(Int.init) == likeliest)
      drawn.insert(try #require(try decoder.sample(many)))
    }
    #expect(drawn.count > 5)
  }
}
