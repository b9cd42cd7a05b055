import LlamboWire
import Testing

struct LineBufferTests {
  /// What a buffer finds in `pieces`: lines, and nil for one that was too long.
  private func lines(_ pieces: [[UInt8]], limit: Int) -> [String?] {
    var buffer = LineBuffer(limit: limit)
    var found: [String?] = []
    for piece in pieces {
      piece.withUnsafeBytes { buffer.append($0) }
      found += lines(of: &buffer)
    }
    return found
  }

  private func lines(of buffer: inout LineBuffer) -> [String?] {
    var found: [String?] = []
    while let event = buffer.next() {
      found.append(event == .line ? text(of: buffer) : nil)
    }
    return found
  }

  private func text(of buffer: LineBuffer) -> String {
    buffer.withLine { line in
      line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
  }

  @Test func linesAreTheSameWhereverTheBytesAreSplit() {
    let bytes = Array("one\n\ntwenty-two chars here\nthree\nfour\nrest".utf8)
    let whole = lines([bytes], limit: 10)
    #expect(whole == ["one", "", nil, "three", "four"])
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]].map { Array($0) }
        #expect(lines(pieces, limit: 10) == whole, "split at \(first) and \(second)")
      }
    }
  }

  @Test func oneByteAtATimeGivesTheSameLines() {
    let bytes = Array("one\nfar too long a line\n\nthree\n".utf8)
    #expect(lines(bytes.map { [$0] }, limit: 5) == ["one", nil, "", "three"])
  }

  @Test func aLineOfExactlyTheLimitIsWhole() {
    #expect(lines([Array("12345\n123456\n12345\n".utf8)], limit: 5) == ["12345", nil, "12345"])
  }

  @Test func manyLinesOfOneReadAllComeOut() {
    let expected = (0..<10_000).map { "line \($0)" }
    let bytes = Array((expected.joined(separator: "\n") + "\n").utf8)
    #expect(lines([bytes], limit: 100) == expected)
  }

  @Test func aCarriageReturnStaysInTheLine() {
    #expect(lines([Array("a\r\nb\n".utf8)], limit: 5) == ["a\r", "b"])
  }

  @Test func memoryIsBoundedWhileALineIsDropped() {
    var buffer = LineBuffer(limit: 1000)
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 4096)
    for _ in 0..<1000 {
      piece.withUnsafeBytes { buffer.append($0) }
      #expect(buffer.next() == nil)
      #expect(buffer.pending == 0)
    }
    buffer.append("\nnext\n")
    #expect(buffer.next() == .tooLong)
    #expect(buffer.next() == .line)
    #expect(text(of: buffer) == "next")
    #expect(buffer.next() == nil)
  }

  @Test func bytesOfAnUnfinishedLineArePending() {
    var buffer = LineBuffer(limit: 100)
    buffer.append("one\ntwo")
    #expect(buffer.next() == .line)
    #expect(buffer.next() == nil)
    #expect(buffer.pending == 3)
  }

  @Test func aLongTailBehindManyTakenLinesIsNotLost() {
    var buffer = LineBuffer(limit: 1 << 20)
    let short = String(repeating: "short\n", count: 20_000)
    let half = String(repeating: "y", count: 100_000)
    buffer.append(short + half)
    #expect(lines(of: &buffer).count == 20_000)
    buffer.append(half)
    #expect(buffer.next() == nil)
    buffer.append("\nlast\n")
    #expect(lines(of: &buffer) == [half + half, "last"])
  }

  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func randomPiecesGiveTheLinesOfTheWhole(seed: UInt64) {
    var source = SeededSource(seed: seed)
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0..<400, using: &source) {
      bytes.append("abcd\n\n\r{".utf8.randomElement(using: &source)!)
    }
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Int.random(in: 1...min(20, rest.count), using: &source)
      pieces.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    let limit = Int.random(in: 0...12, using: &source)
    let expected = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast().map { $0.count > limit ? nil : String(decoding: $0, as: UTF8.self) }
    #expect(lines(pieces, limit: limit) == expected, "seed \(seed)")
  }
}
