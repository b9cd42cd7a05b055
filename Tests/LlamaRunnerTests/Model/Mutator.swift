/// Damages bytes in the ways that files come damaged; one seed, one damage.
struct Mutator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }

  mutating func below(_ bound: UInt64) -> UInt64 { next() % max(bound, 1) }

  mutating func noise(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// One to three damages of the first `end` bytes.
  mutating func mutate(_ bytes: [UInt8], within end: Int) -> [UInt8] {
    var bytes = bytes
    for _ in 0...below(3) { damage(&bytes, min(end, bytes.count)) }
    return bytes
  }

  mutating func pick<Choices: RandomAccessCollection>(_ choices: Choices) -> Choices.Element {
    choices[choices.index(choices.startIndex, offsetBy: Int(below(UInt64(choices.count))))]
  }

  private mutating func damage(_ bytes: inout [UInt8], _ end: Int) {
    guard end > 8 else { return }
    let place = Int(below(UInt64(end - 8)))
    switch below(8) {
    case 0: bytes[place] ^= 1 << UInt8(below(8))
    case 1: bytes[place] = UInt8(truncatingIfNeeded: next())
    case 2: write(Self.extremes[Int(below(UInt64(Self.extremes.count)))], 8, &bytes, place)
    case 3: write(Self.extremes[Int(below(UInt64(Self.extremes.count)))], 4, &bytes, place)
    case 4: write(below(64), 4, &bytes, place)
    case 5: bytes.removeLast(bytes.count - place)
    case 6: bytes.removeSubrange(place..<place + Int(below(8)))
    default: bytes.insert(contentsOf: noise(Int(below(8))), at: place)
    }
  }

  private func write(_ value: UInt64, _ count: Int, _ bytes: inout [UInt8], _ place: Int) {
    for index in 0..<count {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  private static let extremes: [UInt64] = [
    0, 1, 2, 0x7f, 0xff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32, 1 << 40,
    1 << 61, .max >> 1, 1 << 63, .max - 31, .max,
  ]
}
