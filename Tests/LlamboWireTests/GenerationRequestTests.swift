import LlamboJSON
import LlamboWire
import Testing

struct GenerationRequestTests {
  private static let requests: [GenerationRequest] = {
    var full = GenerationRequest(.prompt("a \"b\"\n"), maxTokens: 7, temperature: 0.7)
    full.topP = 0.9
    full.topK = 40
    full.seed = .max
    var edges = GenerationRequest(.prompt(""), maxTokens: 1 << 20, temperature: 5)
    edges.topP = 1
    edges.topK = 0
    edges.seed = 0
    var further = GenerationRequest(.prompt("x"))
    further.minP = 0.05
    further.repeatPenalty = 1.1
    further.frequencyPenalty = -10
    further.presencePenalty = 10
    further.repeatLastN = -1
    further.stop = ["\n", "END"]
    further.grammar = .gbnf("root ::= \"a\"")
    further.logitBias = [0: -100, 7: 2.5]
    further.logprobs = 20
    further.ignoreEOS = true
    further.produced = [1, 0, 5]
    var schema = GenerationRequest(.prompt("x"))
    schema.grammar = .jsonSchema(["type": "object"])
    return [
      GenerationRequest(.prompt("x")), full, edges, further, schema,
      GenerationRequest(.messages([.init(role: "user", content: "Hi")]), maxTokens: 1),
      GenerationRequest(
        .messages([.init(role: "system", content: ""), .init(role: "user", content: "é")])),
    ]
  }()

  @Test(arguments: requests)
  func aRequestIsReadAsItWasWritten(_ request: GenerationRequest) throws {
    let text = request.body.description
    #expect(try GenerationRequest(verb: request.verb, body: try body(text)) == request)
  }

  @Test func theVerbFollowsTheInput() {
    #expect(Self.requests.map(\.verb) == [.infer, .infer, .infer, .infer, .infer, .chat, .chat])
  }

  @Test func nullIsLikeAnAbsentField() throws {
    let text = #"{"prompt":"x","max_tokens":null,"temperature":null,"seed":null}"#
    #expect(
      try GenerationRequest(verb: .infer, body: try body(text)) == GenerationRequest(.prompt("x")))
  }

  @Test(arguments: [
    ("{}", WireError.Code.invalidRequest), ("{\"prompt\":1}", .invalidRequest),
    ("{\"prompt\":null}", .invalidRequest),
    ("{\"prompt\":\"x\",\"max_tokens\":0}", .outOfRange),
    ("{\"prompt\":\"x\",\"min_p\":1.1}", .outOfRange),
    ("{\"prompt\":\"x\",\"repeat_penalty\":0}", .outOfRange),
    ("{\"prompt\":\"x\",\"repeat_last_n\":-2}", .outOfRange),
    ("{\"prompt\":\"x\",\"logprobs\":21}", .outOfRange),
    ("{\"prompt\":\"x\",\"logit_bias\":{\"1\":101}}", .outOfRange),
    ("{\"prompt\":\"x\",\"logit_bias\":{\"a\":1}}", .invalidRequest),
    ("{\"prompt\":\"x\",\"stop\":[1]}", .invalidRequest),
    ("{\"prompt\":\"x\",\"json_schema\":\"{}\"}", .invalidRequest),
    ("{\"prompt\":\"x\",\"grammar\":\"a\",\"json_schema\":{}}", .invalidRequest),
    ("{\"prompt\":\"x\",\"produced\":[1.5]}", .invalidRequest),
    ("{\"prompt\":\"x\",\"max_tokens\":-1}", .outOfRange),
    ("{\"prompt\":\"x\",\"max_tokens\":1.5}", .outOfRange),
    ("{\"prompt\":\"x\",\"max_tokens\":1048577}", .outOfRange),
    ("{\"prompt\":\"x\",\"max_tokens\":1e300}", .outOfRange),
    ("{\"prompt\":\"x\",\"max_tokens\":\"9\"}", .invalidRequest),
    ("{\"prompt\":\"x\",\"temperature\":-0.1}", .outOfRange),
    ("{\"prompt\":\"x\",\"temperature\":5.1}", .outOfRange),
    ("{\"prompt\":\"x\",\"temperature\":true}", .invalidRequest),
    ("{\"prompt\":\"x\",\"top_p\":1.01}", .outOfRange),
    ("{\"prompt\":\"x\",\"top_p\":-1}", .outOfRange),
    ("{\"prompt\":\"x\",\"top_k\":-1}", .outOfRange),
    ("{\"prompt\":\"x\",\"top_k\":1000001}", .outOfRange),
    ("{\"prompt\":\"x\",\"seed\":-1}", .outOfRange),
    ("{\"prompt\":\"x\",\"seed\":4294967296}", .outOfRange),
    ("{\"prompt\":\"x\",\"maxTokens\":5}", .unknownField),
    ("{\"prompt\":\"x\",\"messages\":[]}", .unknownField),
    ("{\"promt\":\"x\",\"max_tokens\":5}", .unknownField), ("{\"question\":\"x\"}", .unknownField),
  ])
  func aBadFieldOfINFERIsRefused(_ text: String, _ code: WireError.Code) throws {
    let body = try body(text)
    let error = #expect(throws: WireError.self) { try GenerationRequest(verb: .infer, body: body) }
    #expect(error?.code == code)
  }

  @Test(arguments: [
    ("{}", WireError.Code.invalidRequest), ("{\"messages\":[]}", .invalidRequest),
    ("{\"messages\":{}}", .invalidRequest), ("{\"messages\":[1]}", .invalidRequest),
    ("{\"messages\":[{}]}", .invalidRequest), ("{\"message\":[{}]}", .unknownField),
    ("{\"messages\":[{\"role\":\"user\"}]}", .invalidRequest),
    ("{\"messages\":[{\"content\":\"x\"}]}", .invalidRequest),
    ("{\"messages\":[{\"role\":1,\"content\":\"x\"}]}", .invalidRequest),
    ("{\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"name\":\"y\"}]}", .unknownField),
    ("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"prompt\":\"y\"}", .unknownField),
  ])
  func aBadFieldOfCHATIsRefused(_ text: String, _ code: WireError.Code) throws {
    let body = try body(text)
    let error = #expect(throws: WireError.self) { try GenerationRequest(verb: .chat, body: body) }
    #expect(error?.code == code)
  }

  @Test func theTokenLimitIsTheOneGiven() throws {
    var limits = WireLimits()
    limits.maximumTokens = 10
    let ten = try body(#"{"prompt":"x","max_tokens":10}"#)
    #expect(try GenerationRequest(verb: .infer, body: ten, limits: limits).maxTokens == 10)
    let eleven = try body(#"{"prompt":"x","max_tokens":11}"#)
    let error = #expect(throws: WireError.self) {
      try GenerationRequest(verb: .infer, body: eleven, limits: limits)
    }
    #expect(error?.message == "\"max_tokens\" must be a whole number from 1 to 10, not 11")
  }
}
