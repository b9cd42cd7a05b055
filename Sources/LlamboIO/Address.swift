#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A numeric TCP address, `127.0.0.1:9000` or `[::1]:9000`; `localhost` is 127.0.0.1.
///
/// Names are not looked up: nothing that a caller sends makes this process ask a resolver.
package struct Address: Hashable, Sendable, CustomStringConvertible {
  /// Without brackets.
  package let host: String
  package let port: UInt16

  /// - Throws: `EINVAL` where `text` is no address.
  package init(_ text: String) throws(SystemError) {
    let hint = "an address is host:port with a numeric host, such as 127.0.0.1:9000"
    guard !text.utf8.contains(0), let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...])
    else { throw SystemError("use the address \"\(text)\"", code: EINVAL, hint: hint) }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    self.host = host == "localhost" ? "127.0.0.1" : String(host)
    self.port = port
    guard withSocketAddress({ _, _ in true }) == true else {
      throw SystemError("use the address \"\(text)\"", code: EINVAL, hint: hint)
    }
  }

  /// An address to listen on. Only this machine may reach it, for there is nothing yet by which
  /// a caller could prove who it is.
  ///
  /// - Throws: `EINVAL` where `text` is no address, `EACCES` where it is not a loopback one.
  package init(loopback text: String) throws(SystemError) {
    try self.init(text)
    guard isLoopback else {
      throw SystemError(
        "listen on \(text)", code: EACCES,
        hint: "only loopback addresses such as 127.0.0.1:\(port) are served")
    }
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether only this machine can reach it.
  package var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }

  var family: Int32 { host.contains(":") ? AF_INET6 : AF_INET }

  /// Calls `body` with the address as the socket calls want it; nil where `host` is not numeric.
  func withSocketAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result? {
    if family == AF_INET6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      guard inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else { return nil }
      return Address.generic(&address, body)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
    return Address.generic(&address, body)
  }

  private static func generic<Specific, Result>(
    _ address: inout Specific, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<Specific>.size))
      }
    }
  }

  /// The port that the system chose for a bound socket.
  static func boundPort(of socket: borrowing Descriptor) throws(SystemError) -> UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let number = socket.number
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
    }
    guard result == 0 else { throw SystemError("ask for a socket's port") }
    // The port stands at the same place in both families.
    return withUnsafeBytes(of: &storage) {
      UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    }
  }

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}
