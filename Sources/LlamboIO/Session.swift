import LlamboJSON
import LlamboWire

/// Performs the requests of a session.
package protocol SessionServer: AnyObject {
  /// A well-formed line. What this throws becomes the request's `ERROR`.
  func perform(
    _ verb: Verb, _ frame: Frame, line: Span<UInt8>, for session: Session
  ) throws(WireError)

  /// The session is over; `requests` had no answer yet.
  func ended(_ session: Session, requests: [UInt64])
}

/// The server's side of the line protocol on one connection: framing, errors, and which of the
/// peer's request ids are unanswered.
package final class Session {
  package let connection: LineConnection
  /// The server's own, for whatever it tells sessions apart by.
  package var number: UInt64 = 0

  /// For a link, on which answers arrive among requests; returns whether the line was one.
  package var onAnswer: (Kind, Frame, _ line: Span<UInt8>) -> Bool = { _, _, _ in false }

  private let limits: WireLimits
  private weak var server: (any SessionServer)?
  /// Unanswered requests: the peer's id, "" for a request without one, and the server's number.
  private var open: [String: UInt64] = [:]
  private var inputEnded = false

  /// Takes over the connection's events.
  package init(_ connection: LineConnection, limits: WireLimits, server: any SessionServer) {
    self.connection = connection
    self.limits = limits
    self.server = server
    // The connection holds its session alive until it closes.
    connection.handler.onLine = { self.received($0) }
    connection.handler.onLineTooLong = {
      self.send(
        WireError(.lineTooLong, "a line may have \(limits.lineBytes) bytes; this one was dropped"),
        id: nil)
    }
    connection.handler.onInputEnd = {
      self.inputEnded = true
      self.closeIfFinished()
    }
    connection.handler.onClose = { _ in
      let requests = Array(self.open.values)
      self.open = [:]
      self.server?.ended(self, requests: requests)
    }
  }

  // MARK: Requests

  /// Takes note of a request that will be answered later.
  ///
  /// - Throws: `duplicate_id` where its id is in use, `too_many_requests` past the limit or for a
  ///   second request without an id.
  package func begin(_ id: String?, as number: UInt64) throws(WireError) {
    guard let earlier = open.updateValue(number, forKey: id ?? "") else {
      if open.count <= limits.requestsPerConnection { return }
      open[id ?? ""] = nil
      throw WireError(
        .tooManyRequests, "this connection has \(open.count) requests unanswered, the most it may")
    }
    open[id ?? ""] = earlier
    guard let id else {
      throw WireError(
        .tooManyRequests, "one request at a time without an id: give each one a #id")
    }
    throw WireError(.duplicateID, "a request #\(id) is running on this connection")
  }

  /// The number of an unanswered request.
  ///
  /// - Throws: `unknown_request`.
  package func number(of id: String?) throws(WireError) -> UInt64 {
    guard let number = open[id ?? ""] else {
      let name = id.map { "request #\($0)" } ?? "request without an id"
      throw WireError(.unknownRequest, "no \(name) is running on this connection")
    }
    return number
  }

  /// Forgets a request whose last line has been written.
  package func finish(_ id: String?) {
    open[id ?? ""] = nil
    closeIfFinished()
  }

  /// A peer that sends no more is owed its answers, and then nothing.
  private func closeIfFinished() {
    if inputEnded, open.isEmpty { connection.closeWhenFlushed() }
  }

  // MARK: Answers

  package func send(_ kind: Kind, id: String?, _ body: JSON? = nil) {
    connection.write { $0.line(kind, id: id, body) }
  }

  package func send(_ error: WireError, id: String?) {
    connection.write { $0.error(error, id: id) }
  }

  // MARK: Lines

  private func received(_ line: Span<UInt8>) {
    let frame: Frame
    do throws(WireError) {
      frame = try Frame(parsing: line)
    } catch {
      return Frame.looksLikeHTTP(line) ? refuseHTTP() : send(error, id: nil)
    }
    if frame.word.isEmpty, frame.body.isEmpty { return }
    if let refusal = connection.refusal, frame.word != Verb.hello.rawValue {
      send(refusal, id: frame.id)
      return connection.closeWhenFlushed()
    }
    do throws(WireError) {
      guard let verb = Verb(rawValue: frame.word) else {
        if let kind = Kind(rawValue: frame.word), onAnswer(kind, frame, line) { return }
        if Frame.looksLikeHTTP(line) { return refuseHTTP() }
        throw WireError(
          .unknownVerb,
          "unknown verb \"\(frame.word)\"; known are "
            + Verb.allCases.map(\.rawValue).joined(separator: ", "))
      }
      try server?.perform(verb, frame, line: line, for: self)
    } catch {
      send(error, id: frame.id)
    }
  }

  /// Answers in HTTP, for its clients would not show anything else.
  private func refuseHTTP() {
    let error = WireError(
      .httpOnLinePort,
      "this port speaks the line protocol, not HTTP; try: printf 'PING\\n' | nc -q 1 HOST PORT")
    let body = "\(error)\n"
    connection.write {
      $0.raw(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
          + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
    }
    connection.closeWhenFlushed()
  }
}
