import LlamboJSON
import LlamboWire

/// A line taken apart, with what its body says.
struct ParsedLine: Equatable {
  let word: String
  let id: String?
  let object: JSON
}

func parse(_ bytes: [UInt8]) throws(WireError) -> ParsedLine {
  let frame = try Frame(parsing: bytes.span)
  return ParsedLine(word: frame.word, id: frame.id, object: try frame.object(of: bytes.span))
}

func parse(_ line: String) throws(WireError) -> ParsedLine { try parse(Array(line.utf8)) }

func body(_ text: String) throws -> JSON { try JSON.parse(text) }

/// A linear congruential generator, so that a seed gives one run.
struct SeededSource: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) ^ (state &* 0x9e37_79b9_7f4a_7c15)
  }
}
