import LlamboWire
import Testing

@testable import LlamboIO

/// The server's side of the protocol over real sockets.
struct SessionTests {
  // MARK: Lines

  @Test func everyLineIsAnswered() throws {
    let bench = try Bench()
    #expect(
      try bench.conversation("PING\nPING #a\n\r\n\n TOKENIZE  #b {\"é\": [1]}\r\nSTATUS #c\n") == [
        "PONG", "PONG #a", "TOKENS #b {\"é\":[1]}",
        "ERROR #c {\"code\":\"out_of_range\",\"message\":\"as you like\"}",
      ])
  }

  @Test func linesMayArriveByteByByte() throws {
    let bench = try Bench()
    let client = try bench.client()
    for (count, byte) in "PING #1\nPING #2\n".utf8.enumerated() {
      client.send([byte])
      if byte == UInt8(ascii: "\n") { bench.run { client.lines.count == (count + 1) / 8 } }
    }
    #expect(client.lines == ["PONG #1", "PONG #2"])
  }

  @Test func thousandsOfLinesOfOneWriteAreAnsweredInOrder() throws {
    let bench = try Bench()
    let text = (0..<5000).map { "PING #\($0)\n" }.joined()
    #expect(try bench.conversation(text) == (0..<5000).map { "PONG #\($0)" })
  }

  // MARK: Errors after which the connection goes on

  private static let faults: [([UInt8], WireError.Code, String?)] = [
    (Array(repeating: UInt8(ascii: "x"), count: 100_001), .lineTooLong, nil),
    ([0xff, 0xfe], .invalidUTF8, nil),
    (Array("TOKENIZE #1 {\"a\":\"".utf8) + [0xff] + Array("\"}".utf8), .invalidUTF8, "1"),
    (Array("TOKENIZE #1 {not json}".utf8), .invalidJSON, "1"),
    (Array("TOKENIZE #1 {\"a\":1,\"a\":1}".utf8), .invalidJSON, "1"),
    (Array("TOKENIZE #1 text".utf8), .invalidRequest, "1"),
    (Array("TOKENIZE #1 [1]".utf8), .invalidRequest, "1"),
    (
      Array("TOKENIZE #1 \(String(repeating: "{\"a\":", count: 10_000))".utf8), .jsonTooDeep,
      "1"
    ),
    (Array("PING #\u{7f}".utf8), .invalidID, nil),
    (Array("HUH #1".utf8), .unknownVerb, "1"),
    (Array("DONE #1 {}".utf8), .unknownVerb, "1"),
    (Array("{\"prompt\":1}".utf8), .unknownVerb, nil),
    (Array("CANCEL #9".utf8), .unknownRequest, "9"),
    (Array("CANCEL".utf8), .unknownRequest, nil),
  ]

  @Test(arguments: faults.indices)
  func aBadLineIsAnsweredWithItsErrorAndTheNextIsUnderstood(_ fault: Int) throws {
    let (line, code, id) = Self.faults[fault]
    let bench = try Bench { $0.lineBytes = 100_000 }
    let answers = try bench.conversation(line + Array("\nPING #next\n".utf8))
    #expect(answers.count == 2)
    let head = id.map { "ERROR #\($0) " } ?? "ERROR "
    #expect(answers.first?.hasPrefix("\(head){\"code\":\"\(code.name)\",") == true, "\(answers)")
    #expect(answers.last == "PONG #next")
  }

  // MARK: HTTP

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: x\r\n\r\nPING\n", "POST /a HTTP/1.1\r\n\r\nPING\n",
    "GET {\"a\":1}\nPING\n", "GET #1\nPING\n",
    "OPTIONS * HTTP/1.1\r\n\r\nPING\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nPING\n",
  ])
  func httpClosesAtOnce(_ text: String) throws {
    let bench = try Bench()
    let answers = try bench.conversation(text)
    #expect(answers.first == "HTTP/1.1 400 Bad Request\r")
    let body = try #require(answers.last) + "\n"
    #expect(body.hasPrefix("http_on_line_port: this port speaks the line protocol, not HTTP"))
    #expect(
      answers.dropFirst().dropLast() == [
        "Content-Type: text/plain\r", "Content-Length: \(body.utf8.count)\r",
        "Connection: close\r", "\r",
      ])
    #expect(bench.server.handled == 0)
  }

  @Test func theBodyOfAnHTTPRequestIsNotServedBehindALineTooLong() throws {
    let bench = try Bench { $0.lineBytes = 1000 }
    let path = String(repeating: "a", count: 2000)
    let answers = try bench.conversation(
      "POST /\(path) HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nAccept: */*\r\n\r\nPING\n")
    #expect(answers.first?.hasPrefix("ERROR {\"code\":\"line_too_long\"") == true)
    #expect(answers.last?.hasPrefix("http_on_line_port: ") == true)
    #expect(bench.server.handled == 0)
  }

  // MARK: Ids

  @Test func anIDInUseIsRefusedAndFreeAfterwards() throws {
    let bench = try Bench()
    let client = try bench.client()
    client.send("INFER #1\nINFER #1\nCANCEL #1\nINFER #1\n")
    bench.run { client.lines.count == 2 && bench.server.unanswered == 1 }
    #expect(client.lines.first?.hasPrefix("ERROR #1 {\"code\":\"duplicate_id\"") == true)
    #expect(client.lines.last == "DONE #1")
  }

  @Test func aSecondRequestWithoutAnIDIsRefused() throws {
    let bench = try Bench()
    let client = try bench.client()
    client.send("INFER\nINFER\nPING\nCANCEL\nINFER\nCANCEL\n")
    bench.run { client.lines.count == 4 }
    #expect(client.lines[0].hasPrefix("ERROR {\"code\":\"too_many_requests\""))
    #expect(client.lines[1...] == ["PONG", "DONE", "DONE"])
  }

  @Test func oneIDOnTwoConnectionsIsTwoRequests() throws {
    let bench = try Bench()
    let clients = [try bench.client(), try bench.client()]
    for client in clients { client.send("INFER #1\n") }
    bench.run { bench.server.unanswered == 2 }
    clients[1].send("CANCEL #1\n")
    bench.run { clients[1].lines == ["DONE #1"] }
    #expect(clients[0].lines == [])
    #expect(bench.server.unanswered == 1)
  }

  @Test func noConnectionHasMoreRequestsThanItsLimit() throws {
    let bench = try Bench { $0.requestsPerConnection = 2 }
    let client = try bench.client()
    client.send("INFER #1\nINFER #2\nINFER #3\nPING #4\nCANCEL #1\nINFER #5\n")
    bench.run { client.lines.count == 3 && bench.server.unanswered == 2 }
    #expect(client.lines[0].hasPrefix("ERROR #3 {\"code\":\"too_many_requests\""))
    #expect(client.lines[1...] == ["PONG #4", "DONE #1"])
  }

  // MARK: The end

  @Test func aClientThatSendsNoMoreGetsItsAnswersAndThenTheEnd() throws {
    let bench = try Bench()
    let client = try bench.client()
    client.send("INFER #1\nINFER #2\nPING\n")
    client.endInput()
    bench.run { client.lines == ["PONG"] && bench.server.unanswered == 2 }
    bench.server.finish(2)
    bench.run { client.lines.count == 2 }
    #expect(!client.hasEnded)
    bench.server.finish(1)
    bench.run { client.hasEnded }
    #expect(client.lines == ["PONG", "DONE #2", "DONE #1"])
    #expect(bench.server.ends == [[]])
  }

  @Test func aClientThatIsGoneLeavesItsRequestsBehind() throws {
    let bench = try Bench()
    let client = try bench.client()
    client.send("INFER #1\nINFER #2\nINFER #3\nCANCEL #2\n")
    bench.run { client.lines == ["DONE #2"] }
    // A close alone may be a half-close; the answer that meets no reader tells.
    client.close()
    bench.server.finish(1)
    bench.run { !bench.server.ends.isEmpty }
    #expect(bench.server.ends == [[3]])
    #expect(bench.server.sessions.isEmpty)
    #expect(bench.listener.connections == 0)
  }

  @Test func aServerThatEndsAConnectionFirstSendsWhatItWrote() throws {
    let bench = try Bench()
    let client = try bench.client()
    client.send("INFER #1\n")
    bench.run { bench.server.unanswered == 1 }
    let session = try #require(bench.server.sessions.values.first)
    session.send(.ok, id: "1", nil)
    session.connection.closeWhenFlushed()
    session.send(.ok, id: "2", nil)
    bench.run { client.hasEnded }
    #expect(client.lines == ["OK #1"])
    #expect(bench.server.ends == [[1]])
  }
}
