import LlamboIO
import LlamboWire

/// The port that Prometheus reads: HTTP with one page, `/metrics`, and one request a connection.
final class MetricsPort {
  /// Milliseconds that a client has for its request, and for reading the answer.
  static let patience: Int64 = 10_000
  /// Lines of a request's head.
  static let headLines = 100
  static let limits = {
    var limits = WireLimits()
    limits.lineBytes = 8192
    limits.connections = 64
    return limits
  }()

  private let loop: EventLoop
  private let page: () -> String
  private var listener: LineListener?
  private var connections: [ObjectIdentifier: LineConnection] = [:]

  /// - Parameter page: the metrics in Prometheus' text format.
  init(on wanted: Address, loop: EventLoop, page: @escaping () -> String) throws(SystemError) {
    self.loop = loop
    self.page = page
    listener = try LineListener(on: wanted, loop: loop, limits: Self.limits) {
      [unowned self] in serve($0)
    }
  }

  var address: Address? { listener?.address }

  private func serve(_ connection: LineConnection) {
    let key = ObjectIdentifier(connection)
    connections[key] = connection
    var request: String?
    var lines = 0
    connection.handler.onLine = { [unowned self, unowned connection] line in
      lines += 1
      let text = line.withUnsafeBufferPointer { bytes in
        String(
          decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes[...], as: UTF8.self)
      }
      if lines > Self.headLines { return end(connection, with: Self.tooLarge) }
      // The request's line is the first, and an empty one ends its head.
      if text.isEmpty, let request { return end(connection, with: answer(to: request)) }
      request = request ?? text
    }
    connection.handler.onLineTooLong = { [unowned self, unowned connection] in
      end(connection, with: Self.tooLarge)
    }
    connection.handler.onInputEnd = { [unowned connection] in connection.closeWhenFlushed() }
    connection.handler.onClose = { [unowned self] _ in connections[key] = nil }
    loop.schedule(after: Self.patience) { [weak connection] in connection?.close() }
  }

  private func end(_ connection: LineConnection, with answer: String) {
    connection.write { $0.raw(answer) }
    connection.closeWhenFlushed()
  }

  private func answer(to request: String) -> String {
    let words = request.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
      return Self.answer("400 Bad Request", "this port speaks HTTP/1.1: GET /metrics\n")
    }
    guard words[0] == "GET" || words[0] == "HEAD" else {
      return Self.answer(
        "405 Method Not Allowed", "only GET and HEAD\n", more: "Allow: GET, HEAD\r\n")
    }
    guard words[1].prefix(while: { $0 != "?" }) == "/metrics" else {
      return Self.answer("404 Not Found", "the metrics are at /metrics\n")
    }
    return Self.answer("200 OK", page(), hasBody: words[0] == "GET")
  }

  private static let tooLarge = answer(
    "431 Request Header Fields Too Large", "the request's head is too long\n")

  /// - Parameter more: further header lines, each with its end.
  private static func answer(
    _ status: String, _ body: String, more: String = "", hasBody: Bool = true
  ) -> String {
    "HTTP/1.1 \(status)\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
      + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\(more)\r\n"
      + (hasBody ? body : "")
  }
}
