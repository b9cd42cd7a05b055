import LlamboJSON
import LlamboWire
import Testing

struct TokenizeRequestTests {
  @Test(
    arguments: [
      .text(""), .text("a \"b\"\n🦙"),
      .messages([.init(role: "system", content: ""), .init(role: "user", content: "é")]),
    ] as [TokenizeRequest])
  func aRequestIsReadAsItWasWritten(_ request: TokenizeRequest) throws {
    #expect(try TokenizeRequest(body: try body(request.body.description)) == request)
  }

  @Test(
    arguments: [
      ("{}", "invalid_request", "\"text\" is missing"),
      (#"{"text":"a","messages":[]}"#, "invalid_request", "only one of"),
      (#"{"text":1}"#, "invalid_request", "must be a string, not a number"),
      (#"{"messages":[]}"#, "invalid_request", "at least one"),
      (#"{"messages":[{"role":"user"}]}"#, "invalid_request", "\"content\" is missing"),
      (#"{"txet":"a"}"#, "unknown_field", "txet"),
    ])
  func whatIsWrongIsNamed(_ text: String, _ code: String, _ reason: String) throws {
    let body = try body(text)
    let error = #expect(throws: WireError.self) { try TokenizeRequest(body: body) }
    #expect(error?.code.name == code)
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
  }
}
