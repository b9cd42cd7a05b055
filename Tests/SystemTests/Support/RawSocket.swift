import Glibc
import LlamboIO

/// A socket below the line protocol, for clients that misbehave.
final class RawSocket {
  private var number: Int32

  init(_ address: String) throws {
    let target = try Address(address)
    number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = target.port.bigEndian
    inet_pton(AF_INET, target.host, &name.sin_addr)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(number, $0, size) }
    }
    guard result == 0 else { throw NeverHappened(description: "a connection to \(address)") }
  }

  deinit { close() }

  func send(_ text: String) { send(bytes: Array(text.utf8)) }

  func send(bytes: [UInt8]) {
    _ = Glibc.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// What arrives next; empty when the peer has closed.
  func receive() throws -> String {
    var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, 30_000) == 1 else {
      throw NeverHappened(description: "a byte or an end from the peer")
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(number, &buffer, buffer.count, 0)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }

  /// All that arrives until the peer closes.
  func receiveAll() throws -> String {
    var all = ""
    while true {
      let text = try receive()
      if text.isEmpty { return all }
      all += text
    }
  }

  /// Ends the connection in the ordinary way.
  func close() {
    if number >= 0 { Glibc.close(number) }
    number = -1
  }

  /// Ends the connection with an RST, as a crashed machine's network does.
  func reset() {
    var atOnce = linger(l_onoff: 1, l_linger: 0)
    setsockopt(number, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
    close()
  }
}
