/// One tensor as a GGUF header describes it; everything in it was checked.
struct GGUFTensor: Equatable {
  let name: [UInt8]
  let type: GGMLType
  /// At most four, each at least 1.
  let dimensions: [UInt64]
  let elements: UInt64
  let bytes: UInt64

  var text: String { String(decoding: name, as: UTF8.self) }
}
