import Testing

@testable import LlamaRunner

@Suite struct UTF8AssemblerTests {
  /// What the assembler makes of `bytes` in pieces, with and without the flush at the end.
  func assemble(_ pieces: [[UInt8]]) -> (parts: [String], flush: String) {
    var assembler = UTF8Assembler()
    let parts = pieces.map { assembler.append($0) }
    return (parts, assembler.finish())
  }

  @Test func aCharacterComesOutWithItsLastByte() {
    let (parts, flush) = assemble(Array("é漢🦙".utf8).map { [$0] })
    #expect(parts == ["", "é", "", "", "漢", "", "", "", "🦙"])
    #expect(flush == "")
  }

  @Test func anIncompleteCharacterIsReplacedOnceAtTheEnd() {
    let (parts, flush) = assemble([[0x61, 0xf0, 0x9f, 0xa6]])
    #expect(parts == ["a"])
    #expect(flush == "\u{FFFD}")
  }

  @Test func bytesThatCannotContinueAreNotHeld() {
    #expect(assemble([[0xff], [0xed, 0xa0], [0x80], [0x41]]).parts.last == "A")
    #expect(assemble([[0xc0]]).parts == ["\u{FFFD}"])
    #expect(assemble([[0xe0, 0x80]]).parts == ["\u{FFFD}\u{FFFD}"])
    #expect(assemble([[0xf4, 0x90]]).parts == ["\u{FFFD}\u{FFFD}"])
  }

  @Test func finishingForgetsWhatWasHeld() {
    var assembler = UTF8Assembler()
    #expect(assembler.append([0xe2, 0x82]) == "")
    #expect(assembler.finish() == "\u{FFFD}")
    #expect(assembler.append([0x78]) == "x")
    #expect(assembler.finish() == "")
  }

  /// Whatever the bytes and wherever they are cut, the parts join to what decoding them at once
  /// gives, and no part holds back more than three bytes.
  @Test(arguments: 0..<20) func cutsDoNotMatter(seed: UInt64) {
    var random = SplitMix(state: seed)
    for _ in 0..<200 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        switch Int.random(in: 0...3, using: &random) {
        case 0: bytes.append(.random(in: 0 ... .max, using: &random))
        case 1: bytes.append(.random(in: 0x80...0xbf, using: &random))
        case 2: bytes.append([0xe0, 0xed, 0xf0, 0xf4, 0xc2, 0xf5].randomElement(using: &random)!)
        default:
          let scalars: [Unicode.Scalar] = ["a", "ß", "ഇ", "\u{FFFF}", "🦙", "\u{10FFFF}"]
          bytes.append(contentsOf: String(scalars.randomElement(using: &random)!).utf8)
        }
      }
      var pieces: [[UInt8]] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Int.random(in: 0...3, using: &random)
        pieces.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
      let (parts, flush) = assemble(pieces)
      let joined = parts.joined() + flush
      #expect(Array(joined.utf8) == Array(String(decoding: bytes, as: UTF8.self).utf8), "\(bytes)")
    }
  }
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
