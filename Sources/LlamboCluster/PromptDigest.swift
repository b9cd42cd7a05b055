import LlamboJSON

/// What routing knows of a prompt: its size, its class, and hashes of its beginnings, by which
/// prompts that start alike find the node that has computed the start already.
package struct PromptDigest: Equatable, Sendable {
  /// What a prompt looks like.
  package enum Class: String, CaseIterable, Sendable {
    case text
    /// Short, and ends in a question mark.
    case question
    /// Brackets, semicolons and operators abound.
    case code
    /// More than one turn.
    case conversation
  }

  /// Bytes of UTF-8.
  package var length = 0
  package var kind = Class.text
  /// The most tokens that the answer may have.
  package var maxTokens = 128
  /// A hash of the first `boundary(k)` bytes, for each `k` whose boundary the prompt reaches.
  package var prefixes: [UInt64] = []

  /// Of a request without a prompt.
  package init() {}

  /// - Parameters:
  ///   - text: UTF-8, all turns joined.
  ///   - turns: of a conversation; 1 for a prompt.
  ///   - maxTokens: the most tokens that the answer may have.
  package init(of text: Span<UInt8>, turns: Int = 1, maxTokens: Int = 128) {
    length = text.count
    self.maxTokens = maxTokens
    prefixes = Self.hashes(of: text)
    kind = turns > 2 ? .conversation : Self.kind(of: text)
  }

  /// For text at hand.
  package init(_ text: String, turns: Int = 1, maxTokens: Int = 128) {
    var text = text
    self = text.withUTF8 { Self(of: $0.span, turns: turns, maxTokens: maxTokens) }
  }

  /// About one token in four bytes, as English has with the vocabularies of today's models.
  package var estimatedTokens: Int { (length + 3) / 4 }

  // MARK: Beginnings

  /// The most beginnings that are hashed; the last one ends past the longest line.
  package static let prefixLimit = 30

  /// Where the beginning number `k` ends: 64 bytes, 96, 128, 192, 256 and so on, so that their
  /// number grows with the logarithm of the length.
  package static func boundary(_ k: Int) -> Int {
    (k & 1 == 0 ? 64 : 96) << (k >> 1)
  }

  private static func hashes(of text: Span<UInt8>) -> [UInt64] {
    let count = (0..<prefixLimit).prefix { boundary($0) <= text.count }.count
    var hashes: [UInt64] = []
    hashes.reserveCapacity(count)
    var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
    var at = 0
    for k in 0..<count {
      // Boundaries are multiples of eight.
      while at < boundary(k) {
        hash = (hash ^ EightBytes(of: text, at: at).bigEndian) &* 0xff51_afd7_ed55_8ccd
        hash ^= hash >> 32
        at += 8
      }
      hashes.append(mixed(hash))
    }
    return hashes
  }

  /// The finalizer of MurmurHash3 (Appleby 2011): every bit of the input reaches every bit.
  static func mixed(_ value: UInt64) -> UInt64 {
    var hash = value
    hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ hash >> 33
  }

  // MARK: The class

  /// Bytes that are looked at: the first ones tell as much as all.
  private static let sample = 4096
  private static let longestQuestion = 512

  private static func kind(of text: Span<UInt8>) -> Class {
    let count = min(text.count, sample)
    let marks = marks(in: text.extracting(first: count))
    if marks >= 4, marks * 25 >= count { return .code }
    var end = text.count
    while end > 0, text[end - 1] <= UInt8(ascii: " ") { end -= 1 }
    let isQuestion = end > 0 && text[end - 1] == UInt8(ascii: "?")
    return isQuestion && text.count <= longestQuestion ? .question : .text
  }

  private static func marks(in text: Span<UInt8>) -> Int {
    var marks = 0
    var at = 0
    while at < text.count {
      if at + 8 <= text.count, !EightBytes(of: text, at: at).mayHaveMarks {
        at += 8
        continue
      }
      for place in at..<min(at + 8, text.count) {
        switch text[place] {
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ";"), UInt8(ascii: "="),
          UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "["), UInt8(ascii: "]"):
          marks += 1
        default: break
        }
      }
      at += 8
    }
    return marks
  }
}
