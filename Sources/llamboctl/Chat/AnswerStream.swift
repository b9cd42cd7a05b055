import LlamboIO
import LlamboJSON
import LlamboTerminal
import LlamboWire

extension LineClient {
  /// Milliseconds from one look for Ctrl-C to the next while no token comes.
  private static let glance: Int64 = 50
  /// Milliseconds that a cancelled answer may take to end.
  private static let cancelPatience: Int64 = 5000

  /// Asks, and hands over the answer's text as it comes. Ctrl-C, where the program has it caught,
  /// cancels the request.
  ///
  /// - Parameters:
  ///   - id: one that the connection has not had yet; lines of others are passed over.
  ///   - show: takes a part of the text; false cancels the request.
  /// - Throws: `WireError` for an `ERROR`, and `Failure` where the connection is of no use any more.
  func stream(
    _ request: GenerationRequest, id: String, show: (String) -> Bool
  ) throws -> Line {
    try send { $0.line(request.verb, id: id, request.body) }
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
      // What a CANCEL that came too late is answered with, for one.
      guard line.id == id else { continue }
      switch line.kind {
      case .token:
        if deadline == nil, !show(line.body["text"]?.string ?? "") { try cancel() }
      case .done: return line
      case .error: throw WireError(body: line.body)
      default: throw Failure.notUnderstood("a \(line.kind.rawValue) line")
      }
    }
  }
}
