import LlamboJSON
import LlamboWire
import Testing

struct FrameTests {
  @Test(arguments: [
    ("PING", "PING", nil, "{}"),
    ("PING #1", "PING", "1", "{}"),
    ("INFER {\"a\":1}", "INFER", nil, "{\"a\":1}"),
    ("INFER #a-Z_0.9:x {\"a\":1}", "INFER", "a-Z_0.9:x", "{\"a\":1}"),
    ("  \tINFER\t \t#7 \t {\"a\":1} \t", "INFER", "7", "{\"a\":1}"),
    ("PING\r", "PING", nil, "{}"),
    ("PING #1\r", "PING", "1", "{}"),
    ("PING #1 {}\r", "PING", "1", "{}"),
    ("INFER #7{\"a\":1}", "", "", ""),
    ("anything", "anything", nil, "{}"),
  ])
  func aLineHasAWordAnIDAndABody(
    _ line: String, _ word: String, _ id: String?, _ object: String
  ) throws {
    if word.isEmpty {
      // Without a space the brace is part of the id, and none of its characters.
      let error = #expect(throws: WireError.self) { try parse(line) }
      #expect(error?.code == .invalidID)
      return
    }
    #expect(try parse(line) == ParsedLine(word: word, id: id, object: try body(object)))
  }

  @Test(arguments: ["", " ", "\r", "\t \r", "   "])
  func anEmptyLineHasNoWord(_ line: String) throws {
    #expect(try parse(line) == ParsedLine(word: "", id: nil, object: .object([])))
  }

  @Test(arguments: [
    "#", "# ", "#é", "#a/b", "##", "#a#", "#\u{7f}", "#\"x\"", "#a,b",
    "#" + String(repeating: "x", count: WireLimits.idBytes + 1),
    "#" + String(repeating: "x", count: 10_000),
  ])
  func aBadIDIsRefused(_ id: String) {
    let error = #expect(throws: WireError.self) { try parse("PING \(id) {}") }
    #expect(error?.code == .invalidID)
  }

  @Test func anIDMayHaveAsManyCharactersAsTheLimit() throws {
    let id = String(repeating: "x", count: WireLimits.idBytes)
    #expect(try parse("PING #\(id)").id == id)
  }

  @Test func aVerbThatNearlyIsOneIsAnother() throws {
    #expect(try parse("INFER#7").word == "INFER#7")
    #expect(try parse("infer").word == "infer")
  }

  @Test(arguments: ["hello", "[1]", "\"text\"", "1", "null", "{}x", "{", "{\"a\":1}}", "\u{1}"])
  func aBodyThatIsNoObjectIsRefusedAndTheIDIsKnown(_ text: String) throws {
    let line = Array("INFER #7 \(text)".utf8)
    let frame = try Frame(parsing: line.span)
    #expect(frame.id == "7")
    let error = #expect(throws: WireError.self) { try frame.object(of: line.span) }
    #expect(error?.code == (text.hasPrefix("{") ? .invalidJSON : .invalidRequest))
  }

  @Test func aBodyNestedTooDeepIsRefused() {
    let deep = String(repeating: "{\"a\":", count: 10_000)
    let error = #expect(throws: WireError.self) { try parse("INFER #7 \(deep)") }
    #expect(error?.code == .jsonTooDeep)
  }

  @Test(arguments: [[0xff], [0x50, 0xc3, 0x28], [0xed, 0xa0, 0x80]] as [[UInt8]])
  func aWordThatIsNotUTF8IsRefused(_ word: [UInt8]) {
    let error = #expect(throws: WireError.self) { try parse(word + Array(" #1 {}".utf8)) }
    #expect(error?.code == .invalidUTF8)
  }

  @Test func aTextInTheBodyThatIsNotUTF8IsRefused() {
    let line = Array("INFER #1 {\"prompt\":\"".utf8) + [0xff] + Array("\"}".utf8)
    let error = #expect(throws: WireError.self) { try parse(line) }
    #expect(error?.code == .invalidUTF8)
  }

  @Test func aLongWordIsCutBetweenCharacters() throws {
    for padding in 0..<4 {
      let word = String(repeating: "x", count: padding) + String(repeating: "é€", count: 100)
      let parsed = try parse(word)
      #expect(word.hasPrefix(parsed.word))
      #expect(!parsed.word.isEmpty && parsed.word.utf8.count <= WireLimits.idBytes + 2)
    }
  }

  @Test func theIDOfARouterIsANumber() throws {
    let line = Array("TOKEN #18446744073709551615 {}".utf8)
    #expect(try Frame(parsing: line.span).number == .max)
    let other = Array("TOKEN #x1 {}".utf8)
    #expect(try Frame(parsing: other.span).number == nil)
  }

  // MARK: HTTP

  private func looksLikeHTTP(_ line: String) -> Bool {
    let bytes = Array(line.utf8)
    return Frame.looksLikeHTTP(bytes.span)
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r", "POST /x HTTP/1.1", "OPTIONS * HTTP/1.1", "PRI * HTTP/2.0\r", "HEAD /",
    "PUT /", "DELETE /", "PATCH /", "CONNECT a:1", "TRACE /", "Host: 127.0.0.1:9000\r",
  ])
  func aLineOfHTTPIsKnown(_ line: String) {
    #expect(looksLikeHTTP(line))
  }

  @Test(arguments: [
    "", "GET", "GETS x", "get / HTTP/1.1", "PING", "PRI", "INFER {\"a\":\"GET /\"}",
  ])
  func aLineOfTheProtocolIsNotTakenForHTTP(_ line: String) {
    #expect(!looksLikeHTTP(line))
  }

  @Test func noVerbOrKindLooksLikeHTTP() {
    for word in Verb.allCases.map(\.rawValue) + Kind.allCases.map(\.rawValue) {
      #expect(!looksLikeHTTP("\(word) {}"))
    }
  }

  // MARK: Words

  /// A session takes a word for a verb where it is one. These four are answers as well, so a link
  /// may never carry them as answers to the side that also serves requests.
  @Test func onlyFourWordsAreVerbAndKind() {
    let both = Set(Verb.allCases.map(\.rawValue)).intersection(Kind.allCases.map(\.rawValue))
    #expect(both == ["STATUS", "NODES", "METRICS", "BALANCER"])
  }
}
