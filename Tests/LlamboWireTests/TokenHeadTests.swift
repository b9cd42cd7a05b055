import LlamboWire
import Testing

@testable import LlamboWire

struct TokenHeadTests {
  private func head(_ text: String) -> TokenHead? { TokenHead(body: Array(text.utf8).span) }

  @Test func whatTheWriterWritesIsRead() {
    var writer = LineWriter()
    writer.token(index: 41, token: 31_999, text: "a \"b\" {}", id: "7")
    let line = writer.bytes
    let body = line[line.firstIndex(of: UInt8(ascii: "{"))!...].dropLast()
    #expect(TokenHead(body: Array(body).span) == TokenHead(index: 41, token: 31_999))
  }

  @Test func otherLayoutsAreReadAsJSON() {
    let expected = TokenHead(index: 3, token: 12)
    #expect(head(#"{"id":12,"i":3,"text":"x"}"#) == expected)
    #expect(head(#"{ "i": 3, "id": 12 }"#) == expected)
    #expect(head(#"{"text":"\"i\":9","i":3.0,"id":12}"#) == expected)
    #expect(head(#"{"i":3,"id":12}"#) == expected)
  }

  @Test(arguments: [
    "", "{", "{}", #"{"i":1}"#, #"{"id":1}"#, #"{"i":-1,"id":1}"#, #"{"i":1,"id":2147483648}"#,
    #"{"i":"1","id":1}"#, #"{"i":1,"id":1"#, #"{"i":99999999999999999999,"id":1}"#,
  ])
  func whatIsNoTokenIsNone(_ text: String) {
    #expect(head(text) == nil)
  }
}
