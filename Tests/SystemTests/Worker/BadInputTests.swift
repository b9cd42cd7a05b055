import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

/// A line that no port accepts, and the code that it is answered with.
struct BadLine: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let bytes: [UInt8]
  let code: String
  /// The id that the answer bears.
  let id: String?

  init(_ name: String, _ line: String, _ code: String, id: String? = nil) {
    self.init(name, bytes: Array(line.utf8), code, id: id)
  }

  init(_ name: String, bytes: [UInt8], _ code: String, id: String? = nil) {
    testDescription = name
    self.bytes = bytes
    self.code = code
    self.id = id
  }

  private static let deep =
    String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)

  static let all = [
    BadLine("a line too long", String(repeating: "x", count: 1 << 20) + "x", "line_too_long"),
    BadLine("a verb that is not UTF-8", bytes: [0xff, 0xfe, 0x20], "invalid_utf8"),
    BadLine(
      "a prompt that is not UTF-8",
      bytes: Array(#"INFER #1 {"prompt":""#.utf8) + [0xc3, 0x28] + Array(#""}"#.utf8),
      "invalid_utf8", id: "1"),
    BadLine("text instead of JSON", "INFER #1 hello", "invalid_request", id: "1"),
    BadLine("JSON that ends early", #"INFER #1 {"prompt":"#, "invalid_json", id: "1"),
    BadLine("a name twice", #"INFER #1 {"prompt":"a","prompt":"b"}"#, "invalid_json", id: "1"),
    BadLine("nesting", #"INFER #1 {"prompt":\#(deep)}"#, "json_too_deep", id: "1"),
    BadLine("an unknown verb", "DANCE #1", "unknown_verb", id: "1"),
    BadLine("a verb in small letters", "ping", "unknown_verb"),
    BadLine(
      "an unknown field", #"INFER #1 {"prompt":"a","max_token":3}"#, "unknown_field", id: "1"),
    BadLine("a missing field", "INFER #1 {}", "invalid_request", id: "1"),
    BadLine("a wrong type", #"INFER #1 {"prompt":7}"#, "invalid_request", id: "1"),
    BadLine("messages that are none", #"CHAT #1 {"messages":[]}"#, "invalid_request", id: "1"),
    BadLine(
      "no tokens", #"INFER #1 {"prompt":"a","max_tokens":0}"#, "out_of_range", id: "1"),
    BadLine(
      "a number beyond 64 bits", #"INFER #1 {"prompt":"a","max_tokens":1e300}"#, "out_of_range",
      id: "1"),
    BadLine(
      "a negative temperature", #"INFER #1 {"prompt":"a","temperature":-1}"#, "out_of_range",
      id: "1"),
    BadLine(
      "a temperature beyond sense", #"INFER #1 {"prompt":"a","temperature":50}"#, "out_of_range",
      id: "1"),
    BadLine("no top_p", #"INFER #1 {"prompt":"a","top_p":0}"#, "out_of_range", id: "1"),
    BadLine("an id with a slash", #"INFER #a/b {"prompt":"a"}"#, "invalid_id"),
    BadLine("an empty id", #"INFER # {"prompt":"a"}"#, "invalid_id"),
    BadLine("an id too long", "PING #" + String(repeating: "a", count: 65), "invalid_id"),
  ]
}

extension SystemTests {
  /// What is no request is answered with its code, on either port, and the connection goes on.
  @Suite struct BadInputTests {
    enum Port: CaseIterable { case worker, orchestrator }

    let box: Sandbox

    init() throws { box = try Sandbox() }

    private func address(of port: Port) throws -> String {
      switch port {
      case .worker: try box.worker().address
      case .orchestrator: try box.cluster(ClusterPlan(nodes: 1)).address
      }
    }

    @Test(arguments: Port.allCases)
    func badLineIsAnsweredWithItsCodeAndTheConnectionGoesOn(_ port: Port) throws {
      let client = try Client(try address(of: port))
      for bad in BadLine.all {
        try client.send(bytes: bad.bytes + [UInt8(ascii: "\n")])
        let line = try client.next()
        #expect(line.kind == .error, "\(bad.testDescription)")
        #expect(line.body["code"]?.string == bad.code, "\(bad.testDescription): \(line.body)")
        #expect(line.body["message"]?.string?.isEmpty == false)
        #expect(line.id == bad.id, "\(bad.testDescription)")
        #expect(try client.ask("PING").kind == .pong, "after \(bad.testDescription)")
      }
      #expect(try client.answer(to: .infer("Hello", maxTokens: 3)).end?.kind == .done)
    }

    @Test(arguments: Port.allCases)
    func emptyLinesAndWindowsLineEndsAreFine(_ port: Port) throws {
      let client = try Client(try address(of: port))
      #expect(try client.ask("\n\r\n  \nPING #1\r").kind == .pong)
    }

    @Test(arguments: Port.allCases)
    func httpIsAnsweredOnceAndClosed(_ port: Port) throws {
      let address = try address(of: port)
      for request in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /infer HTTP/1.1\r\n\r\nPING\r\n"] {
        let socket = try RawSocket(address)
        socket.send(request)
        let answer = try socket.receiveAll()
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answer.contains("\r\n\r\nhttp_on_line_port: "))
      }
      #expect(try Client(address).ask("PING").kind == .pong)
    }

    @Test(arguments: Port.allCases)
    func randomBytesNeverEndTheProgram(_ port: Port) throws {
      let address = try address(of: port)
      var random = SystemRandomNumberGenerator()
      for _ in 0..<20 {
        let socket = try RawSocket(address)
        socket.send(bytes: (0..<5000).map { _ in random.next() })
        socket.send(#"INFER #1 {"prompt":"half"#)
      }
      #expect(try Client(address).answer(to: .infer("Hello")).end?.kind == .done)
    }

    @Test func verbsOfAnOrchestratorAreRefusedByAWorker() throws {
      let client = try Client(try address(of: .worker))
      for verb in ["SPAWN", "NODES", "HELLO"] {
        #expect(try client.ask(verb).body["code"] == "unknown_verb")
      }
    }

    @Test func badHelloMakesNoNode() throws {
      let address = try address(of: .orchestrator)
      let client = try Client(address)
      #expect(try client.ask("HELLO {}").body["code"] == "invalid_request")
      #expect(
        try client.ask(#"HELLO {"protocol":99}"#).body["message"]?.string?.contains("protocol 1")
          == true)
      #expect(try client.ask("NODES").body["nodes"]?.array?.count == 1)
    }
  }
}
