import CSystem
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One socket that carries lines both ways, on the thread of its event loop.
///
/// Writes of one turn leave in one system call. A peer that does not read is cut off when
/// `limits.outputBytes` wait for it.
package final class LineConnection {
  /// Why a connection ended.
  package enum CloseReason: Equatable, Sendable {
    /// The peer hung up, or the network failed.
    case peerClosed
    /// The peer did not read what was sent.
    case slowReader
    /// This side ended it.
    case closedHere
    /// The connection was never made.
    case connectFailed(SystemError)
  }

  /// What to do when the peer sends no more but may still read.
  package enum HalfClose: Sendable {
    /// The peer is gone: right for a link between programs, where silence means death.
    case endsConnection
    /// The peer may wait for answers, as `nc` does at the end of its input; `onInputEnd` is called.
    case keepsWriting
  }

  /// The owner's events. `line` is valid during the call only.
  package struct Handler {
    package var onConnected: () -> Void = {}
    package var onLine: (_ line: Span<UInt8>) -> Void = { _ in }
    package var onLineTooLong: () -> Void = {}
    package var onInputEnd: () -> Void = {}
    package var onClose: (CloseReason) -> Void = { _ in }

    package init() {}
  }

  package var handler = Handler()
  package private(set) var isOpen = true
  package var halfClose: HalfClose

  /// Lines that are taken in one turn of the loop; those behind them wait for the next, so that one
  /// peer that sends many keeps no other waiting.
  package var linesPerTurn = 64

  /// For the port that accepted it, which counts.
  var onEnd: () -> Void = {}
  var onLink: () -> Void = {}
  /// What a client is told on a connection that only a worker may still have; nil on all others.
  var refusal: WireError?

  private let loop: EventLoop
  private let limits: WireLimits
  private var socket: Descriptor?
  private var registration: EventLoop.Registration?
  private var interest: EventLoop.Readiness = []
  private var input: LineBuffer
  private var inputEnded = false
  /// Lines were left for the next turn; nothing is read until they are taken.
  private var rests = false
  private var connecting = false
  private var output = LineWriter()
  /// How much of `output` has left.
  private var sent = 0
  private var flushScheduled = false
  private var closesWhenFlushed = false

  init(
    loop: EventLoop, socket: consuming Descriptor, limits: WireLimits, halfClose: HalfClose,
    connecting: Bool
  ) throws(SystemError) {
    self.loop = loop
    self.limits = limits
    self.halfClose = halfClose
    self.connecting = connecting
    input = LineBuffer(limit: limits.lineBytes)
    let number = socket.number
    _ = csystem_socket_no_delay(number)
    self.socket = consume socket
    interest = connecting ? .writable : .readable
    // It is gone from the loop before this is; what weak references point to is slower to hold.
    registration = try loop.register(number, for: interest) { [unowned self] in ready($0) }
  }

  deinit {
    if let registration { loop.remove(registration) }
  }

  /// Starts to connect; `onConnected` or `onClose` follows.
  package static func connect(
    to address: Address, loop: EventLoop, limits: WireLimits = WireLimits(),
    halfClose: HalfClose = .endsConnection
  ) throws(SystemError) -> LineConnection {
    let number = csystem_socket_create(address.family)
    guard number >= 0 else { throw SystemError("create a socket") }
    let socket = Descriptor(owning: number)
    let result = address.withSocketAddress { pointer, length in
      retrying { Int(Glibc.connect(number, pointer, length)) }
    }
    guard result == 0 || errno == EINPROGRESS else {
      throw SystemError("connect to \(address)")
    }
    return try LineConnection(
      loop: loop, socket: socket, limits: limits, halfClose: halfClose, connecting: true)
  }

  // MARK: Writing

  /// Bytes that wait for the peer to read.
  package var backlog: Int { output.count - sent }

  /// Appends whole lines, which leave at the end of this turn.
  package func write(_ lines: (inout LineWriter) -> Void) {
    guard isOpen, !closesWhenFlushed else { return }
    lines(&output)
    scheduleFlush()
  }

  private func scheduleFlush() {
    guard !flushScheduled, !connecting else { return }
    flushScheduled = true
    // Held until then, for nobody else may hold a connection whose last line this is.
    loop.atEndOfTurn { [self] in
      flushScheduled = false
      flush()
    }
  }

  private func flush() {
    guard isOpen, let number = socket?.number else { return }
    while sent < output.count {
      let count = output.bytes.withUnsafeBytes { bytes in
        retrying { csystem_socket_send(number, bytes.baseAddress! + sent, bytes.count - sent) }
      }
      if count < 0 {
        guard errno == EAGAIN else { return close(.peerClosed) }
        break
      }
      sent += count
    }
    if sent == output.count {
      output.removeAll()
      sent = 0
      if closesWhenFlushed { return close(.closedHere) }
    } else if backlog > limits.outputBytes {
      return close(.slowReader)
    } else if sent > 1 << 16 {
      output.removeFirst(sent)
      sent = 0
    }
    updateInterest()
  }

  /// The peer is a worker: its connection counts among the clients' no more.
  package func becomeLink() {
    refusal = nil
    let onLink = onLink
    self.onLink = {}
    onLink()
  }

  // MARK: Closing

  /// Ends the connection now; what has not left is dropped.
  package func close() { close(.closedHere) }

  /// Reads no more, and ends the connection when everything written has left.
  package func closeWhenFlushed() {
    guard isOpen else { return }
    closesWhenFlushed = true
    inputEnded = true
    updateInterest()
    scheduleFlush()
  }

  private func close(_ reason: CloseReason) {
    guard isOpen else { return }
    isOpen = false
    if let registration { loop.remove(registration) }
    registration = nil
    socket = nil
    let onClose = handler.onClose
    handler = Handler()
    onEnd()
    onClose(reason)
  }

  // MARK: Readiness

  private func updateInterest() {
    guard isOpen, let registration else { return }
    var wanted: EventLoop.Readiness = inputEnded || rests ? [] : .readable
    if connecting || backlog > 0 { wanted.insert(.writable) }
    guard wanted != interest else { return }
    interest = wanted
    loop.change(registration, to: wanted)
  }

  private func ready(_ readiness: EventLoop.Readiness) {
    if connecting { return finishConnecting() }
    if readiness.contains(.readable), !inputEnded, !rests { read() }
    if readiness.contains(.writable) { flush() }
    // Lines that came before the hang-up have been read above; a closed socket has no more.
    guard readiness.contains(.hangup), isOpen, !rests else { return }
    if inputEnded || !readiness.contains(.readable) { close(.peerClosed) }
  }

  private func finishConnecting() {
    guard let number = socket?.number else { return }
    var failure: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(number, SOL_SOCKET, SO_ERROR, &failure, &length) == 0, failure == 0 else {
      return close(.connectFailed(SystemError("connect", code: failure)))
    }
    connecting = false
    updateInterest()
    handler.onConnected()
    scheduleFlush()
  }

  private func read() {
    guard let number = socket?.number else { return }
    let buffer = loop.readBuffer
    let count = retrying { recv(number, buffer.baseAddress, buffer.count, 0) }
    if count > 0 {
      input.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      return takeLines()
    }
    if count < 0, errno == EAGAIN { return }
    guard count == 0, halfClose == .keepsWriting else { return close(.peerClosed) }
    inputEnded = true
    updateInterest()
    handler.onInputEnd()
  }

  private func takeLines() {
    var taken = 0
    while isOpen, !inputEnded, let event = input.next() {
      taken += 1
      switch event {
      case .line:
        // The buffer is lent out during the call, and the handler may close this connection.
        let buffer = input
        buffer.withLine { handler.onLine($0) }
      case .tooLong: handler.onLineTooLong()
      }
      // Short lines may ask for long answers: they must not pile up until the turn ends.
      if backlog > limits.outputBytes { flush() }
      if taken >= linesPerTurn { return rest() }
    }
  }

  private func rest() {
    guard isOpen, !inputEnded else { return }
    rests = true
    updateInterest()
    loop.atNextTurn { [weak self] in
      guard let self else { return }
      rests = false
      updateInterest()
      takeLines()
    }
  }
}
