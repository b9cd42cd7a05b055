import LlamboJSON
import LlamboWire
import Testing

@testable import LlamboIO

/// A server and its clients on one loop, which runs on the test's thread until what the test waits
/// for has happened.
final class Bench {
  let loop: EventLoop
  let limits: WireLimits
  private(set) var server: BenchServer!
  private(set) var listener: LineListener!
  private var wanted: () -> Bool = { false }

  init(
    descriptors: Int = .max, admitsWorkers: Bool = false,
    _ configure: (inout WireLimits) -> Void = { _ in }
  ) throws {
    var limits = WireLimits()
    configure(&limits)
    self.limits = limits
    loop = try EventLoop()
    server = BenchServer { [unowned self] in check() }
    listener = try LineListener(
      on: Address("127.0.0.1:0"), loop: loop, limits: limits, descriptors: descriptors,
      admitsWorkers: admitsWorkers
    ) { [unowned self] connection in
      server.add(Session(connection, limits: self.limits, server: server))
    }
  }

  func client(reads: Bool = true) throws -> RawClient {
    try RawClient(to: listener.address, on: loop, reads: reads) { [unowned self] in check() }
  }

  /// To be called where something changed that a test may wait for.
  func check() { if wanted() { loop.stop() } }

  /// Runs the loop until `condition` holds, which is looked at when something has changed.
  func run(
    _ sourceLocation: SourceLocation = #_sourceLocation, until condition: @escaping () -> Bool
  ) {
    if condition() { return }
    wanted = condition
    let guardian = loop.schedule(after: 20_000) { [loop] in
      Issue.record("what the test waits for did not happen", sourceLocation: sourceLocation)
      loop.stop()
    }
    loop.run()
    loop.cancel(guardian)
    wanted = { false }
  }

  /// What a client is answered, up to the end of the connection.
  func conversation(_ bytes: [UInt8]) throws -> [String] {
    let client = try client()
    client.send(bytes)
    client.endInput()
    run { client.hasEnded }
    return client.lines
  }

  func conversation(_ text: String) throws -> [String] { try conversation(Array(text.utf8)) }
}

/// Answers `PING` at once, `NODES` at length and `TOKENIZE` with its own body; refuses `STATUS`;
/// lets `INFER` wait for a `CANCEL`.
final class BenchServer: SessionServer {
  private(set) var sessions: [ObjectIdentifier: Session] = [:]
  /// The requests that were unanswered at the end of each session.
  private(set) var ends: [[UInt64]] = []
  private(set) var mostBacklog = 0
  private(set) var handled = 0
  private var waiting: [UInt64: (session: Session, id: String?)] = [:]
  private var lastNumber: UInt64 = 0
  private let changed: () -> Void

  init(changed: @escaping () -> Void) { self.changed = changed }

  func add(_ session: Session) {
    sessions[ObjectIdentifier(session)] = session
    changed()
  }

  var unanswered: Int { waiting.count }

  static let long = String(repeating: "x", count: 10_000)

  func perform(
    _ verb: Verb, _ frame: Frame, line: Span<UInt8>, for session: Session
  ) throws(WireError) {
    let body = try frame.object(of: line)
    switch verb {
    case .ping: session.send(.pong, id: frame.id)
    case .tokenize: session.send(.tokens, id: frame.id, body)
    case .nodes: session.send(.nodes, id: frame.id, ["long": .string(Self.long)])
    case .infer:
      try session.begin(frame.id, as: lastNumber + 1)
      lastNumber += 1
      waiting[lastNumber] = (session, frame.id)
    case .cancel: finish(try session.number(of: frame.id))
    default: throw WireError(.outOfRange, "as you like")
    }
    handled += 1
    mostBacklog = max(mostBacklog, session.connection.backlog)
    changed()
  }

  func finish(_ number: UInt64) {
    guard let (session, id) = waiting.removeValue(forKey: number) else { return }
    session.send(.done, id: id)
    session.finish(id)
  }

  func ended(_ session: Session, requests: [UInt64]) {
    sessions[ObjectIdentifier(session)] = nil
    for request in requests { waiting[request] = nil }
    ends.append(requests.sorted())
    changed()
  }
}
