import CSystem
import LlamboJSON
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A line connection for programs that wait for each answer.
package final class LineClient {
  /// One line of an answer.
  package struct Line: Sendable {
    package let kind: Kind
    package let id: String?
    package let body: JSON
  }

  /// What can end a wait for a line.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    case system(SystemError)
    /// The peer closed the connection before the answer was whole.
    case closed
    case timedOut
    /// The peer's line is none of this protocol.
    case notUnderstood(String)

    package var description: String {
      switch self {
      case .system(let error): error.description
      case .closed: "the connection was closed before the answer was whole"
      case .timedOut: "no answer came in time"
      case .notUnderstood(let reason): "the answer was not understood: \(reason)"
      }
    }
  }

  private let socket: Descriptor
  private var input: LineBuffer

  /// - Parameter timeout: milliseconds to wait for the connection.
  package init(to address: Address, timeout: Int64 = 5000) throws(Failure) {
    let number = csystem_socket_create(address.family)
    guard number >= 0 else { throw .system(SystemError("create a socket")) }
    socket = Descriptor(owning: number)
    // A list of all nodes may be longer than a request; no server has more than this waiting.
    input = LineBuffer(limit: WireLimits().outputBytes)
    _ = csystem_socket_no_delay(number)
    let result = address.withSocketAddress { Glibc.connect(number, $0, $1) }
    if result != 0 {
      guard errno == EINPROGRESS else { throw .system(SystemError("connect to \(address)")) }
      try wait(for: Int16(POLLOUT), until: EventLoop.clock() + timeout)
      var failure: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(number, SOL_SOCKET, SO_ERROR, &failure, &length)
      guard failure == 0 else {
        throw .system(SystemError("connect to \(address)", code: failure))
      }
    }
  }

  /// Sends lines; waits while the peer does not read.
  package func send(timeout: Int64 = 5000, _ lines: (inout LineWriter) -> Void) throws(Failure) {
    var writer = LineWriter()
    lines(&writer)
    try send(bytes: writer.bytes, timeout: timeout)
  }

  /// Sends bytes as they are.
  package func send(bytes: [UInt8], timeout: Int64 = 5000) throws(Failure) {
    let deadline = EventLoop.clock() + timeout
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        retrying {
          csystem_socket_send(socket.number, bytes.baseAddress! + sent, bytes.count - sent)
        }
      }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        try wait(for: Int16(POLLOUT), until: deadline)
      } else {
        throw .closed
      }
    }
  }

  /// The next line.
  ///
  /// - Parameter timeout: milliseconds to wait for it.
  package func receive(timeout: Int64) throws(Failure) -> Line {
    let deadline = EventLoop.clock() + timeout
    while true {
      if let event = input.next() {
        guard event == .line else { throw .notUnderstood("a line is too long") }
        return try parse()
      }
      let count = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { buffer in
        let count = retrying { recv(socket.number, buffer.baseAddress, buffer.count, 0) }
        if count > 0 { input.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        return count
      }
      if count == 0 { throw .closed }
      if count < 0 {
        guard errno == EAGAIN else { throw .closed }
        try wait(for: Int16(POLLIN), until: deadline)
      }
    }
  }

  private func parse() throws(Failure) -> Line {
    do throws(WireError) {
      let parsed = input.withLine { line -> Swift.Result<(Frame, JSON), WireError> in
        do throws(WireError) {
          let frame = try Frame(parsing: line)
          return .success((frame, try frame.object(of: line)))
        } catch {
          return .failure(error)
        }
      }
      let (frame, body) = try parsed.get()
      guard let kind = Kind(rawValue: frame.word) else {
        throw WireError(.unknownVerb, "unknown kind \"\(frame.word)\"")
      }
      return Line(kind: kind, id: frame.id, body: body)
    } catch {
      throw .notUnderstood(error.message)
    }
  }

  private func wait(for events: Int16, until deadline: Int64) throws(Failure) {
    var request = pollfd(fd: socket.number, events: events, revents: 0)
    while true {
      let rest = deadline - EventLoop.clock()
      guard rest > 0 else { throw .timedOut }
      let count = poll(&request, 1, Int32(clamping: rest))
      if count > 0 { return }
      if count < 0, errno != EINTR { throw .system(SystemError("wait for a socket")) }
    }
  }
}
