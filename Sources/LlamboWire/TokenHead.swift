import LlamboJSON

/// What a router needs of a `TOKEN` line: the token's place in the answer and its id. The text is
/// passed through unread.
package struct TokenHead: Equatable, Sendable {
  package let index: Int
  package let token: Int32

  package init(index: Int, token: Int32) {
    self.index = index
    self.token = token
  }

  /// Reads the body of a `TOKEN` line: at once where `i` and `id` stand first, as `LineWriter` puts
  /// them, and as JSON otherwise. Nil where either is missing.
  package init?(body: Span<UInt8>) {
    if let head = Self.quick(body) {
      self = head
      return
    }
    guard let json = try? JSON.parse(body, maximumDepth: WireLimits().jsonDepth),
      let index = json["i"]?.integer, index >= 0,
      let token = json["id"]?.integer.flatMap({ Int32(exactly: $0) })
    else { return nil }
    self.init(index: index, token: token)
  }

  private static func quick(_ body: Span<UInt8>) -> TokenHead? {
    var at = 0
    guard skip("{\"i\":", in: body, &at), let index = number(in: body, &at),
      skip(",\"id\":", in: body, &at), let token = number(in: body, &at),
      at < body.count, body[at] == UInt8(ascii: ",") || body[at] == UInt8(ascii: "}")
    else { return nil }
    return Int32(exactly: token).map { TokenHead(index: index, token: $0) }
  }

  private static func skip(_ text: StaticString, in body: Span<UInt8>, _ at: inout Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard at + count <= body.count else { return false }
    for offset in 0..<count where text.utf8Start[offset] != body[at + offset] { return false }
    at += count
    return true
  }

  /// Digits alone, at most 18 of them.
  private static func number(in body: Span<UInt8>, _ at: inout Int) -> Int? {
    let start = at
    var value = 0
    while at < body.count, at - start < 18, body[at] &- UInt8(ascii: "0") < 10 {
      value = value * 10 + Int(body[at] &- UInt8(ascii: "0"))
      at += 1
    }
    return at > start ? value : nil
  }
}
