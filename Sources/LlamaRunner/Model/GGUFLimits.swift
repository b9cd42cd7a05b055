/// How much a GGUF header may hold. Real models stay far below all of them.
enum GGUFLimits {
  /// The versions that the pinned llama.cpp reads.
  static let versions: ClosedRange<UInt32> = 2...3
  static let tensors: UInt64 = 1 << 16
  static let keys: UInt64 = 1 << 14
  static let keyBytes: UInt64 = 1 << 10
  /// Bytes of a text and elements of an array: llama.cpp's own bounds.
  static let textBytes: UInt64 = 1 << 30
  static let arrayElements: UInt64 = 1 << 30
  static let tokens: UInt64 = 1 << 22
  static let tokenBytes: UInt64 = 1 << 16
  /// Bytes of a text that is kept; of longer ones only their presence is known.
  static let keptTextBytes: UInt64 = 1 << 10
  static let tensorNameBytes: UInt64 = 63
  static let dimensions: UInt32 = 4
  static let alignment: UInt64 = 1 << 24
  static let layers: UInt64 = 512
  static let experts: UInt64 = 1024
  static let parts: UInt64 = 1 << 10
  /// Where llama.cpp maps the weights, they begin at a multiple of this.
  static let weightsAlignment: UInt64 = 32
}
