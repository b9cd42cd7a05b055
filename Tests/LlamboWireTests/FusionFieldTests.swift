import LlamboJSON
import LlamboWire
import Testing

/// The fields of a fused request and of its answer.
struct FusionFieldTests {
  private func request(_ fusion: String) throws -> GenerationRequest {
    try GenerationRequest(
      verb: .infer, body: try body(#"{"prompt":"x","fusion":\#(fusion)}"#))
  }

  @Test func whatIsLeftOutIsUsual() throws {
    #expect(try request(#"{"mode":"majority"}"#).fusion == FusionRequest(.majority, nodes: 3))
    let quorum = try #require(try request(#"{"mode":"quorum","nodes":5,"quorum":null}"#).fusion)
    #expect(quorum.agreement == 3)
    #expect(try request("null").fusion == nil)
  }

  @Test(arguments: FusionMode.allCases)
  func aFusionIsReadAsItWasWritten(_ mode: FusionMode) throws {
    var request = GenerationRequest(.prompt("x"))
    request.fusion = FusionRequest(mode, nodes: 16, quorum: mode == .quorum ? 1 : nil)
    let text = request.body.description
    #expect(try GenerationRequest(verb: .infer, body: try body(text)) == request)
  }

  @Test(arguments: [
    (#""majority""#, WireError.Code.invalidRequest), ("{}", .invalidRequest),
    (#"{"mode":"best"}"#, .invalidRequest), (#"{"mode":3}"#, .invalidRequest),
    (#"{"mode":"majority","nodes":1}"#, .outOfRange),
    (#"{"mode":"majority","nodes":17}"#, .outOfRange),
    (#"{"mode":"majority","nodes":"3"}"#, .invalidRequest),
    (#"{"mode":"quorum","nodes":3,"quorum":4}"#, .outOfRange),
    (#"{"mode":"quorum","quorum":0}"#, .outOfRange),
    (#"{"mode":"majority","quorum":2}"#, .invalidRequest),
    (#"{"mode":"majority","size":2}"#, .unknownField),
  ])
  func aBadFusionIsRefused(_ fusion: String, _ code: WireError.Code) {
    #expect { _ = try request(fusion) } throws: { ($0 as? WireError)?.code == code }
  }

  @Test func aReportIsReadAsItWasWritten() throws {
    let report = FusionReport(
      request: FusionRequest(.quorum, nodes: 5, quorum: 2), answered: 3, failed: 1, cancelled: 1,
      winner: 4,
      answers: [
        .init(votes: 2, weight: 1.5, nodes: ["a", "b"]), .init(votes: 1, weight: nil, nodes: ["c"]),
      ])
    let done = Completion(
      text: "x", tokenCount: 1, promptTokens: 1, completionTime: 1, firstTokenTime: 1,
      finishReason: .stop, node: "a", fusion: report)
    #expect(try Completion(body: try body(done.body.description)) == done)
  }

  @Test func aTokenLineKeepsAllThatItSays() throws {
    let text =
      #"{"i":3,"id":415,"text":"a\"b","logprob":-0.5,"top_logprobs":[{"id":1,"text":"a","logprob":-0.1}]}"#
    let read = TokenLine(body: Array(text.utf8).span)
    let line = try #require(read)
    #expect(line.index == 3 && line.token == 415 && line.text == "a\"b")
    var writer = LineWriter()
    writer.token(line, id: "7")
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "TOKEN #7 \(text)\n")
    var plain = line
    plain.likelihood = []
    writer.removeAll()
    writer.token(plain, id: nil)
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == #"TOKEN {"i":3,"id":415,"text":"a\"b"}"# + "\n")
    let textless = TokenLine(body: Array(#"{"i":1,"id":1}"#.utf8).span)
    #expect(textless == nil)
  }
}
