/// A 64-bit sum over bytes. Each step maps different sums to different sums, so bytes that differ
/// within one aligned word of eight always have another sum. It finds damage, not forgery.
struct Checksum {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
  /// An odd number with bits all over, so that a product carries each bit up.
  private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var at = 0
    while at + 8 <= bytes.count {
      add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
      at += 8
    }
    while at < bytes.count {
      add(UInt64(bytes[at]))
      at += 1
    }
  }

  mutating func add(_ word: UInt64) {
    value = (value ^ word) &* Self.factor
    value ^= value >> 32
  }
}
