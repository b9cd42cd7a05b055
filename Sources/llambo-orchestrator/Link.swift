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
    handler.onLine = { [unowned self, unowned orchestrator] line in
      orchestrator.received(line, on: self)
    }
    // A worker sends no line that long; whatever speaks here is none.
    handler.onLineTooLong = { [unowned connection] in connection.close() }
    handler.onClose = { [unowned orchestrator] _ in orchestrator.linkClosed(id) }
    connection.handler = handler
    connection.halfClose = .endsConnection
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
}
