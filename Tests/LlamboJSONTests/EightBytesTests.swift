import LlamboJSON
import Testing

/// Looks at eight bytes at once, held against looks at each.
struct EightBytesTests {
  private static func check(_ bytes: [UInt8]) {
    let word = EightBytes(of: bytes.span, at: 0)
    #expect(word.isASCII == bytes.allSatisfy { $0 < 0x80 }, "\(bytes)")
    #expect(word.bigEndian == bytes.reduce(0) { $0 << 8 | UInt64($1) }, "\(bytes)")
    for byte in [0, 1, 0x1f, 0x20, 0x22, 0x5c, 0x7f, 0x80, 0xff] as [UInt8] {
      #expect(word.contains(byte) == bytes.contains(byte), "\(bytes) and \(byte)")
    }
    for bound in [1, 0x20, 0x7f, 0x80] as [UInt8] {
      #expect(word.containsLess(than: bound) == bytes.contains { $0 < bound }, "\(bytes), \(bound)")
    }
  }

  @Test func eachByteIsSeenAtEachPlace() {
    for place in 0..<8 {
      for value in UInt8.min...UInt8.max {
        for rest in [0x20, 0x21, 0x7f, 0x80, 0xff] as [UInt8] {
          var bytes = [UInt8](repeating: rest, count: 8)
          bytes[place] = value
          Self.check(bytes)
        }
      }
    }
  }

  @Test func aByteIsFoundWhereverItStands() {
    for count in 0..<40 {
      for place in 0..<count {
        var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        bytes[place] = UInt8(ascii: "\n")
        for start in 0...count {
          #expect(
            bytes.span.firstIndex(of: UInt8(ascii: "\n"), from: start)
              == bytes[start...].firstIndex(of: UInt8(ascii: "\n")), "\(count), \(place), \(start)")
        }
      }
    }
  }
}
