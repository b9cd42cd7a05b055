/// Eight bytes of a text in one word, to look at them at once: what a search passes over costs an
/// eighth (Warren, "Hacker's Delight", chapter 6). It is public for other modules to take it in where they
/// use it, without a call.
public struct EightBytes: Sendable {
  @usableFromInline let word: UInt64

  @usableFromInline static let ones: UInt64 = 0x0101_0101_0101_0101
  @usableFromInline static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// - Parameter place: of the first; the text has at least seven more behind it.
  @inlinable public init(of text: Span<UInt8>, at place: Int) {
    word = text.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self)
  }

  /// The first byte as the most significant one.
  @inlinable public var bigEndian: UInt64 { UInt64(bigEndian: word) }

  /// Whether each byte is a character of its own.
  @inlinable public var isASCII: Bool { word & Self.highBits == 0 }

  /// Whether one of them is that byte.
  @inlinable public func contains(_ byte: UInt8) -> Bool {
    let rest = word ^ (UInt64(byte) &* Self.ones)
    return (rest &- Self.ones) & ~rest & Self.highBits != 0
  }

  /// Whether there is a byte below a bound of at most 128.
  @inlinable public func containsLess(than bound: UInt8) -> Bool {
    (word &- UInt64(bound) &* Self.ones) & ~word & Self.highBits != 0
  }

  /// Whether the lower five bits of a byte are those of `[`, `\`, `]` or `^`, which `;<=>` and `{|}~`
  /// share with them: few bytes of prose are like that, and many of code.
  @inlinable public var mayHaveMarks: Bool {
    let low = word & 0x1f1f_1f1f_1f1f_1f1f
    // From 0x1b on the one sum reaches the high bit, from 0x1f on the other one.
    return (low &+ 0x65 &* Self.ones) & ~(low &+ 0x61 &* Self.ones) & Self.highBits != 0
  }
}

extension Span<UInt8> {
  /// Where a byte stands first, from `start` on.
  package func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    var at = start
    while at + 8 <= count, !EightBytes(of: self, at: at).contains(byte) { at += 8 }
    while at < count {
      if self[at] == byte { return at }
      at += 1
    }
    return nil
  }
}
