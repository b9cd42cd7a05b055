import LlamboJSON
import LlamboWire
import Testing

struct LineWriterTests {
  private func written(_ lines: (inout LineWriter) -> Void) -> String {
    var writer = LineWriter()
    lines(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test func aLineHasItsWordItsIDAndItsBody() {
    #expect(written { $0.line(Verb.ping) } == "PING\n")
    #expect(written { $0.line(Verb.cancel, id: "7") } == "CANCEL #7\n")
    #expect(written { $0.line(Kind.ok, ["a": 1]) } == "OK {\"a\":1}\n")
    #expect(
      written { $0.line(Kind.done, id: "x", ["a": [], "b": 2]) } == "DONE #x {\"a\":[],\"b\":2}\n")
    #expect(written { $0.line(Kind.ok, id: "7", .object([])) } == "OK #7 {}\n")
  }

  @Test func aTokenIsWhatItsFieldsSay() throws {
    let line = written { $0.token(index: 3, token: -1, text: "a\"\n\u{1}é", id: "7") }
    #expect(line == "TOKEN #7 {\"i\":3,\"id\":-1,\"text\":\"a\\\"\\n\\u0001é\"}\n")
    #expect(
      written { $0.token(index: 0, token: 5, text: "", id: nil) }
        == "TOKEN {\"i\":0,\"id\":5,\"text\":\"\"}\n")
  }

  @Test func anErrorBearsCodeAndMessage() {
    let error = WireError(.timeout, "too \"late\"")
    #expect(
      written { $0.error(error, id: "1") }
        == "ERROR #1 {\"code\":\"timeout\",\"message\":\"too \\\"late\\\"\"}\n")
  }

  @Test func linesFollowOneAnother() {
    let text = written { writer in
      writer.line(Kind.ok, id: "1", ["a": 1])
      writer.line(Kind.pong)
      writer.error(WireError(.timeout, "x"))
      writer.line(Kind.ok, id: "2", ["b": 2])
    }
    #expect(
      text == """
        OK #1 {"a":1}
        PONG
        ERROR {"code":"timeout","message":"x"}
        OK #2 {"b":2}

        """)
  }

  @Test(arguments: [nil, "x", "client:99"])
  func aRelayedLineHasAnotherIDAndTheSameBody(id: String?) throws {
    // Spacing and order no writer of ours would give: the body must go through as it is.
    let original = Array("TOKEN #12345 { \"text\" : \"\\u0041é\",\"i\":1e0 }".utf8)
    let frame = try Frame(parsing: original.span)
    let line = written { writer in
      writer.relay(frame.word, id: id, body: original.span.extracting(frame.body))
    }
    let head = id.map { "TOKEN #\($0)" } ?? "TOKEN"
    #expect(line == head + " { \"text\" : \"\\u0041é\",\"i\":1e0 }\n")
  }

  @Test func aRelayedLineWithoutABodyEndsAtItsID() throws {
    let original = Array("PONG #1".utf8)
    let frame = try Frame(parsing: original.span)
    #expect(
      written { $0.relay(frame.word, id: "2", body: original.span.extracting(frame.body)) }
        == "PONG #2\n")
  }

  @Test func theLongestLineOfAClientFitsALinkUnderAnyNumber() throws {
    let limits = WireLimits()
    let line = Array("INFER {\"prompt\":\"".utf8)
    let padding = [UInt8](repeating: UInt8(ascii: "x"), count: limits.lineBytes - line.count - 2)
    let longest = line + padding + Array("\"}".utf8)
    let frame = try Frame(parsing: longest.span)
    var writer = LineWriter()
    writer.relay("INFER", id: String(UInt64.max), body: longest.span.extracting(frame.body))
    var link = LineBuffer(limit: limits.ofLink.lineBytes)
    writer.bytes.withUnsafeBytes { link.append($0) }
    #expect(link.next() == .line)
  }

  @Test func whatWasSentIsForgotten() {
    var writer = LineWriter()
    writer.line(Kind.pong)
    writer.line(Kind.ok)
    writer.removeFirst(5)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "OK\n")
    writer.removeAll()
    #expect(writer.count == 0)
    writer.line(Kind.ok, ["a": 1])
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "OK {\"a\":1}\n")
  }
}
