import LlamboIO
import LlamboJSON
import LlamboWire

/// An answer as it grows.
struct Answer {
  struct Token: Equatable {
    let index: Int
    let id: Int
    let text: String
  }

  var tokens: [Token] = []
  /// Its last line, `DONE` or `ERROR`.
  var end: LineClient.Line?

  var joinedText: String { tokens.map(\.text).joined() }
  /// Whether the tokens' numbers are 0, 1, 2….
  var isContiguous: Bool { tokens.map(\.index) == Array(tokens.indices) }
  /// The code of its `ERROR`; nil where it has none.
  var errorCode: String? { end?.kind == .error ? end?.body["code"]?.string : nil }
  var finishReason: String? { end?.body["finish_reason"]?.string }
  var text: String? { end?.body["text"]?.string }
  var node: String? { end?.body["node"]?.string }
  var tokenCount: Int? { end?.body["token_count"]?.integer }
}

/// A client's connection; it sorts the lines that arrive into the answers they belong to.
final class Client {
  private let connection: LineClient
  /// By request id, "" for a request without one.
  private(set) var answers: [String: Answer] = [:]

  init(_ address: String) throws { connection = try LineClient(to: Address(address)) }

  /// Sends a line as it is.
  func send(_ line: String) throws { try send(bytes: Array("\(line)\n".utf8)) }

  func send(bytes: [UInt8]) throws { try connection.send(bytes: bytes, timeout: 30_000) }

  /// Sends a request and remembers to expect its answer.
  func send(_ request: GenerationRequest, id: String?) throws {
    answers[id ?? ""] = Answer()
    try connection.send { $0.line(request.verb, id: id, request.body) }
  }

  /// Takes in one line, and files it where it belongs to an answer.
  @discardableResult
  func receive(within seconds: Int64 = 30) throws -> LineClient.Line {
    let line = try connection.receive(timeout: seconds * 1000)
    let id = line.id ?? ""
    guard answers[id] != nil else { return line }
    guard answers[id]?.end == nil else {
      throw NeverHappened(description: "silence after the last line of #\(id), but \(line)")
    }
    switch line.kind {
    case .token:
      answers[id]?.tokens.append(
        Answer.Token(
          index: line.body["i"]?.integer ?? -1, id: line.body["id"]?.integer ?? -1,
          text: line.body["text"]?.string ?? "no text"))
    case .done, .error: answers[id]?.end = line
    default: break
    }
    return line
  }

  /// Sends a line and returns the first line of answer that is none of another request's.
  func ask(_ line: String) throws -> LineClient.Line {
    try send(line)
    return try next()
  }

  /// The next line that belongs to no expected answer.
  func next() throws -> LineClient.Line {
    while true {
      let line = try receive()
      if answers[line.id ?? ""] == nil { return line }
    }
  }

  /// Takes in lines until an answer has so many tokens or has ended.
  func waitForTokens(_ count: Int = 1, of id: String) throws {
    while isUnfinished(id), answers[id]!.tokens.count < count { try receive() }
  }

  /// Takes in lines until an answer has ended.
  func finish(_ id: String) throws -> Answer {
    while isUnfinished(id) { try receive() }
    return answers[id] ?? Answer()
  }

  private func isUnfinished(_ id: String) -> Bool { answers[id] != nil && answers[id]!.end == nil }

  /// Takes in lines until every expected answer has ended.
  func finishAll() throws -> [Answer] {
    try answers.keys.sorted().map { try finish($0) }
  }

  /// Asks one thing on this connection and waits for the whole answer.
  func answer(to request: GenerationRequest, id: String = "only") throws -> Answer {
    try send(request, id: id)
    return try finish(id)
  }

  /// Whether the peer closes without another line.
  func isClosedByPeer() throws -> Bool {
    do {
      try receive()
      return false
    } catch LineClient.Failure.closed {
      return true
    }
  }
}
