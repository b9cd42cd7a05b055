/// Where a program listens. So far on this machine's loopback alone.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// `localhost`, an address in 127.0.0.0/8, or `::1`, without brackets.
  package var host: String
  /// 0 lets the system choose.
  package var port: UInt16

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Why a text is no address to listen on.
  enum Refusal: Error {
    case form
    case port
    case notLoopback(String)
  }

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  init(parsing text: String) throws(Refusal) {
    guard let colon = text.lastIndex(of: ":") else { throw .form }
    let before = text[..<colon]
    let digits = text[text.index(after: colon)...]
    guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }) else { throw .form }
    guard let port = UInt16(digits) else { throw .port }
    if before.hasPrefix("["), before.hasSuffix("]") {
      host = String(before.dropFirst().dropLast())
      guard host == "::1" else { throw .notLoopback(String(before)) }
    } else {
      guard !before.isEmpty, !before.contains(where: { ":[]/ ".contains($0) }) else { throw .form }
      host = String(before)
      guard host == "localhost" || Self.isLoopbackIPv4(host) else { throw .notLoopback(host) }
    }
    self.port = port
  }

  private static func isLoopbackIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in
        // Leading zeros read as octal in some resolvers.
        UInt8(part).map { String($0) == part } ?? false
      }
  }
}
