import LlamboCluster
import LlamboIO
import LlamboJSON
import LlamboWire

/// The orchestrator's end of a worker's connection: requests go out on it, answers come in.
final class Link {
  let id: LinkID
  let connection: LineConnection

  /// Takes over a connection on which a worker said `HELLO`.
  init(_ id: LinkID, over connection: LineConnection, of orchestrator: Orchestrator) {
    self.id = id
    self.connection = connection
    var handler = LineConnection.Handler()
    // The connection holds its link and the orchestrator until it closes.
    handler.onLine = { orchestrator.received($0, on: self) }
    // A worker sends no line that long; whatever speaks here is none.
    handler.onLineTooLong = { [unowned connection] in connection.close() }
    handler.onClose = { _ in orchestrator.linkClosed(id) }
    connection.handler = handler
    connection.halfClose = .endsConnection
    // A token costs little to pass on, and each turn a system call for each client.
    connection.linesPerTurn = 1024
  }

  func send(_ verb: Verb, id: String? = nil, _ body: JSON? = nil) {
    connection.write { $0.line(verb, id: id, body) }
  }
}

/// A client's request on its way: where its answer goes, and its line in case it must be sent
/// anew.
struct Relay {
  let session: Session
  let id: String?
  let verb: Verb
  let body: [UInt8]
  /// Whether its worker draws tokens by a seed, and the client named none.
  let needsSeed: Bool

  /// The request's line with what the cluster adds: a seed that stays the same for each attempt, and
  /// the tokens that the client has seen.
  func write(to writer: inout LineWriter, number: UInt64, seed: UInt32?, produced: [Int32]) {
    let id = String(number)
    guard verb == .infer || verb == .chat, needsSeed || !produced.isEmpty,
      let brace = body.lastIndex(of: UInt8(ascii: "}"))
    else { return writer.relay(verb.rawValue, id: id, body: body.span) }
    // A request always has a prompt or messages, so that what is added has something before it.
    writer.relay(verb.rawValue, id: id, body: body.span.extracting(..<brace)) { line in
      if needsSeed, let seed {
        line += ",\"seed\":".utf8
        line.appendDecimal(UInt64(seed))
      }
      if !produced.isEmpty {
        line += ",\"produced\":[".utf8
        for (place, token) in produced.enumerated() {
          if place > 0 { line.append(UInt8(ascii: ",")) }
          line.appendDecimal(token)
        }
        line.append(UInt8(ascii: "]"))
      }
      line.append(UInt8(ascii: "}"))
    }
  }
}
