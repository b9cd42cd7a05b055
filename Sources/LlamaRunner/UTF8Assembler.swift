/// Makes whole characters of the bytes of token pieces, which may cut a character anywhere.
///
/// What `append` and `finish` return, joined, is what decoding all bytes at once would give:
/// malformed bytes become U+FFFD, and no character comes out in parts.
public struct UTF8Assembler: Sendable {
  /// The beginning of a character; at most three bytes.
  private var held: [UInt8] = []

  /// An assembler that holds nothing.
  public init() {}

  /// The characters that `bytes` complete; an incomplete one at their end is held back.
  public mutating func append(_ bytes: some BidirectionalCollection<UInt8>) -> String {
    if held.isEmpty {
      let tail = Self.incompleteTail(of: bytes)
      if tail > 0 { held.append(contentsOf: bytes.suffix(tail)) }
      return String(decoding: bytes.dropLast(tail), as: UTF8.self)
    }
    held.append(contentsOf: bytes)
    let whole = held.count - Self.incompleteTail(of: held)
    let text = String(decoding: held[..<whole], as: UTF8.self)
    held.removeFirst(whole)
    return text
  }

  /// U+FFFD for a character that was begun and never completed, else nothing.
  public mutating func finish() -> String {
    defer { held.removeAll(keepingCapacity: true) }
    return held.isEmpty ? "" : "\u{FFFD}"
  }

  /// Bytes at the end that begin a well-formed character and lack its rest (Unicode 16, table 3-7).
  private static func incompleteTail(of bytes: some BidirectionalCollection<UInt8>) -> Int {
    var count = 0
    var second: UInt8?
    for byte in bytes.reversed().prefix(3) {
      count += 1
      if byte & 0xc0 == 0x80 {
        second = byte
        continue
      }
      let length: Int
      var seconds: ClosedRange<UInt8> = 0x80...0xbf
      switch byte {
      case 0xc2...0xdf: length = 2
      case 0xe0...0xef:
        length = 3
        if byte == 0xe0 { seconds = 0xa0...0xbf }
        if byte == 0xed { seconds = 0x80...0x9f }
      case 0xf0...0xf4:
        length = 4
        if byte == 0xf0 { seconds = 0x90...0xbf }
        if byte == 0xf4 { seconds = 0x80...0x8f }
      default: return 0
      }
      if let second, !seconds.contains(second) { return 0 }
      return count < length ? count : 0
    }
    return 0
  }
}
