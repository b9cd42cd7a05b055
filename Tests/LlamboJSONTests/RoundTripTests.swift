import LlamboJSON
import Testing

/// Values drawn from a seed, written and read again.
struct RoundTripTests {
  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func aWrittenValueIsReadAsItWas(seed: UInt64) throws {
    var source = ValueSource(seed: seed)
    let value = source.value(depth: 5)
    let text = value.description
    let read = try JSON.parse(text)
    #expect(read == value.asWritten, "seed \(seed): \(text)")
    #expect(read.description == text, "seed \(seed)")
  }

  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func damagedTextGivesAValueOrAnError(seed: UInt64) {
    var source = ValueSource(seed: seed)
    var bytes = Array(source.value(depth: 4).description.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &source) {
      let place = Int.random(in: 0...bytes.count, using: &source)
      switch Int.random(in: 0..<3, using: &source) {
      case 0: bytes.insert(UInt8.random(in: .min ... .max, using: &source), at: place)
      case 1 where place < bytes.count: bytes.remove(at: place)
      default: bytes.removeSubrange(place...)
      }
    }
    do throws(JSONError) {
      let value = try JSON.parse(bytes.span)
      #expect(throws: Never.self) { try JSON.parse(value.description) }
    } catch {
      #expect((0...bytes.count).contains(error.offset), "seed \(seed): \(error)")
    }
  }
}

extension JSON {
  /// A double without fraction is written as an integer.
  fileprivate var asWritten: JSON {
    switch self {
    case .number(let value) where abs(value) < 1e15 && value.rounded() == value:
      .integer(Int64(value))
    case .array(let elements): .array(elements.map(\.asWritten))
    case .object(let members): .object(members.map { .init($0.name, $0.value.asWritten) })
    default: self
    }
  }
}

private struct ValueSource: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) ^ (state &* 0x9e37_79b9_7f4a_7c15)
  }

  mutating func value(depth: Int) -> JSON {
    switch Int.random(in: 0..<(depth == 0 ? 5 : 7), using: &self) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &self))
    case 2: return .integer(Int64.random(in: .min ... .max, using: &self))
    case 3:
      let number = Double(bitPattern: next())
      return .number(number.isFinite ? number : 0.5)
    case 4: return .string(text())
    case 5: return .array((0..<count()).map { _ in value(depth: depth - 1) })
    default:
      // A number in front keeps names apart whatever Unicode holds to be equal.
      return .object((0..<count()).map { .init("\($0)" + text(), value(depth: depth - 1)) })
    }
  }

  private mutating func count() -> Int { Int.random(in: 0..<5, using: &self) }

  private mutating func text() -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<12, using: &self) {
      let bound: UInt32 = [0x30, 0x80, 0x800, 0x11_0000].randomElement(using: &self)!
      if let scalar = Unicode.Scalar(UInt32.random(in: 0..<bound, using: &self)) {
        text.append(scalar)
      }
    }
    return String(text)
  }
}
