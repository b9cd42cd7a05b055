import LlamboIO
import LlamboJSON
import LlamboTerminal
import LlamboWire

extension LineClient {
  /// Milliseconds from one look for Ctrl-C to the next while no line comes.
  private static let glance: Int64 = 50
  /// Milliseconds that a cancelled request may take to end.
  private static let cancelPatience: Int64 = 5000

  /// Asks, and hands over the answer's text as it comes.
  ///
  /// - Parameter show: takes a part of the text; false cancels the request.
  /// - Returns: the `DONE` line.
  /// - Throws: as `exchange`.
  func stream(
    _ request: GenerationRequest, id: String, show: (String) -> Bool
  ) throws -> Line {
    try exchange(request.verb, id: id, request.body) { show($0["text"]?.string ?? "") }
  }

  /// Sends a request and takes the lines of its answer, however long they take. Ctrl-C, where the
  /// program has it caught, cancels the request.
  ///
  /// - Parameters:
  ///   - id: one that the connection has not had yet; lines of others are passed over.
  ///   - token: takes the body of a `TOKEN`; false cancels the request.
  /// - Returns: the answer's last line.
  /// - Throws: `WireError` for an `ERROR`, and `Failure` where the connection is of no use any more.
  func exchange(
    _ verb: Verb, id: String, _ body: JSON, token: (JSON) -> Bool = { _ in true }
  ) throws -> Line {
    try send { $0.line(verb, id: id, body) }
    var deadline: Int64?
    func cancel() throws {
      guard deadline == nil else { return }
      deadline = EventLoop.clock() + Self.cancelPatience
      try send { $0.line(.cancel, id: id) }
    }
    while true {
      if Interrupt.isWanted { try cancel() }
      let line: Line
      do throws(Failure) {
        line = try receive(timeout: Self.glance)
      } catch {
        guard error == .timedOut else { throw error }
        if let deadline, EventLoop.clock() > deadline { throw Failure.timedOut }
        continue
      }
      // What a CANCEL that came too late is answered with bears the id of an answer that has ended;
      // what is said of a line that could not be read bears none.
      guard line.id == id || line.id == nil else { continue }
      switch line.kind {
      case .token: if deadline == nil, !token(line.body) { try cancel() }
      case .error: throw WireError(body: line.body)
      default: return line
      }
    }
  }
}
