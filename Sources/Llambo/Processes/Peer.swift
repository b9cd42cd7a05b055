import LlamboIO
import LlamboJSON
import LlamboWire

/// A connection to a worker or an orchestrator, and who waits for which answer on it.
@LoopActor
final class Peer {
  /// How a request ended.
  enum Ending {
    /// Its last line, which is no `ERROR`.
    case answer(Kind, JSON)
    case refused(WireError)
    /// The connection was lost before that.
    case lost
  }

  /// Who gets an answer.
  struct Receiver {
    var onToken: (InferenceToken) -> Void = { _ in }
    var onEnd: (Ending) -> Void
  }

  let address: Address
  private(set) var isOpen = false
  /// Called once, when the connection is lost; not after `close`.
  var onLost: [() -> Void] = []

  private var connection: LineConnection?
  private var receivers: [UInt64: Receiver] = [:]
  private var lastNumber: UInt64 = 0

  /// Milliseconds that a connection may take to be made.
  private static let patience: Int64 = 10_000

  /// Connects.
  ///
  /// - Throws: `unreachable`.
  init(to address: Address) async throws(LlamboError) {
    self.address = address
    let connection: LineConnection
    do throws(SystemError) {
      connection = try LineConnection.connect(to: address, loop: LoopActor.loop)
    } catch {
      throw LlamboError(error, .unreachable)
    }
    self.connection = connection
    await withCheckedContinuation { continuation in
      // Whatever comes first: connected, refused, or neither in time.
      var waiting: CheckedContinuation<Void, Never>? = continuation
      func end() {
        waiting?.resume()
        waiting = nil
      }
      connection.handler.onConnected = { [unowned self] in
        isOpen = true
        end()
      }
      connection.handler.onClose = { [unowned self] _ in
        isOpen = false
        end()
      }
      LoopActor.loop.schedule(after: Self.patience) { end() }
    }
    guard isOpen else {
      connection.close()
      throw LlamboError(.unreachable, "nothing answers on \(address)")
    }
    connection.handler.onLine = { [weak self] in self?.received($0) }
    connection.handler.onLineTooLong = { [weak self] in self?.connection?.close() }
    connection.handler.onClose = { [weak self] _ in self?.lost() }
  }

  /// Requests that have no last line yet.
  var unanswered: Int { receivers.count }

  /// Ends the connection; what is unanswered is lost.
  func close() {
    onLost = []
    connection?.close()
  }

  /// Sends a request.
  ///
  /// - Returns: its number, to cancel it by. Its receiver may be told of its end before that.
  @discardableResult
  func send(_ verb: Verb, _ body: JSON?, _ receiver: Receiver) -> UInt64 {
    lastNumber += 1
    guard isOpen, let connection else {
      receiver.onEnd(.lost)
      return lastNumber
    }
    receivers[lastNumber] = receiver
    connection.write { $0.line(verb, id: String(lastNumber), body) }
    return lastNumber
  }

  /// Ends a request, whose last line then says so. One that is not known, or no longer, is ignored.
  func cancel(_ number: UInt64) {
    guard receivers[number] != nil else { return }
    connection?.write { $0.line(.cancel, id: String(number)) }
  }

  private func received(_ line: Span<UInt8>) {
    guard let frame = try? Frame(parsing: line), let kind = Kind(rawValue: frame.word),
      let number = frame.number, let receiver = receivers[number],
      let body = try? frame.object(of: line)
    else { return }
    switch kind {
    case .token:
      if let token = InferenceToken(body) { receiver.onToken(token) }
    case .error:
      receivers[number] = nil
      receiver.onEnd(.refused(WireError(body: body)))
    default:
      receivers[number] = nil
      receiver.onEnd(.answer(kind, body))
    }
  }

  private func lost() {
    isOpen = false
    connection = nil
    let ended = receivers
    receivers = [:]
    for number in ended.keys.sorted() { ended[number]?.onEnd(.lost) }
    let told = onLost
    onLost = []
    for body in told { body() }
  }

  // MARK: Waiting for answers

  /// Sends a request and waits for the end of its answer.
  ///
  /// - Throws: what the peer answers, `node_lost`, or `cancelled` when the task is: the peer is told,
  ///   and this waits for its word.
  func ask(
    _ verb: Verb, _ body: JSON? = nil, onToken: @escaping TokenHandler = { _ in }
  ) async throws(LlamboError) -> JSON {
    let call = Call()
    let ending: Ending = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if call.isCancelled {
          return continuation.resume(returning: .refused(WireError(.init("cancelled"), "")))
        }
        let number = send(
          verb, body, Receiver(onToken: onToken) { continuation.resume(returning: $0) })
        call.cancel = { [weak self] in self?.cancel(number) }
      }
    } onCancel: {
      Task { @LoopActor in
        call.isCancelled = true
        call.cancel()
      }
    }
    switch ending {
    case .answer(_, let body): return body
    case .refused(let error):
      if error.code.name == "cancelled" { throw .taskCancelled }
      throw LlamboError(error)
    case .lost:
      throw LlamboError(.nodeLost, "\(address) closed the connection before the answer was whole")
    }
  }

  /// Has a request answered.
  func infer(
    _ request: InferenceRequest, onToken: @escaping TokenHandler
  ) async throws(LlamboError) -> InferenceResponse {
    let wanted = GenerationRequest(request)
    return try InferenceResponse(
      done: try await ask(wanted.verb, wanted.body, onToken: onToken))
  }

  /// A request that waits, for whoever cancels it.
  @LoopActor private final class Call {
    nonisolated init() {}
    var isCancelled = false
    var cancel: () -> Void = {}
  }
}

extension InferenceResponse {
  /// Of the body of a `DONE` line.
  ///
  /// - Throws: `cancelled` where it says so.
  init(done body: JSON) throws(LlamboError) {
    do throws(WireError) {
      self.init(try Completion(body: body))
    } catch {
      throw LlamboError(error)
    }
    if finishReason == .cancelled { throw .taskCancelled }
  }
}
