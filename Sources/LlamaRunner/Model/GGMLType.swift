/// How the numbers of a tensor are stored: ggml's type, and its size.
struct GGMLType: Equatable {
  /// ggml's number for it in a file.
  let number: UInt32
  /// ggml's word for it, in capitals.
  let name: String
  /// Numbers of a block; a row holds whole blocks.
  let blockSize: UInt64
  /// Bytes of a block.
  let blockBytes: UInt64

  /// The type of that number; nil for one that ggml does not know or has withdrawn.
  static func numbered(_ number: UInt32) -> GGMLType? { table[number] }

  private static let table = Dictionary(uniqueKeysWithValues: all.map { ($0.number, $0) })

  /// Every type that the pinned ggml keeps in files.
  static let all: [GGMLType] = [
    GGMLType(number: 0, name: "F32", blockSize: 1, blockBytes: 4),
    GGMLType(number: 1, name: "F16", blockSize: 1, blockBytes: 2),
    GGMLType(number: 2, name: "Q4_0", blockSize: 32, blockBytes: 18),
    GGMLType(number: 3, name: "Q4_1", blockSize: 32, blockBytes: 20),
    GGMLType(number: 6, name: "Q5_0", blockSize: 32, blockBytes: 22),
    GGMLType(number: 7, name: "Q5_1", blockSize: 32, blockBytes: 24),
    GGMLType(number: 8, name: "Q8_0", blockSize: 32, blockBytes: 34),
    GGMLType(number: 9, name: "Q8_1", blockSize: 32, blockBytes: 36),
    GGMLType(number: 10, name: "Q2_K", blockSize: 256, blockBytes: 84),
    GGMLType(number: 11, name: "Q3_K", blockSize: 256, blockBytes: 110),
    GGMLType(number: 12, name: "Q4_K", blockSize: 256, blockBytes: 144),
    GGMLType(number: 13, name: "Q5_K", blockSize: 256, blockBytes: 176),
    GGMLType(number: 14, name: "Q6_K", blockSize: 256, blockBytes: 210),
    GGMLType(number: 15, name: "Q8_K", blockSize: 256, blockBytes: 292),
    GGMLType(number: 16, name: "IQ2_XXS", blockSize: 256, blockBytes: 66),
    GGMLType(number: 17, name: "IQ2_XS", blockSize: 256, blockBytes: 74),
    GGMLType(number: 18, name: "IQ3_XXS", blockSize: 256, blockBytes: 98),
    GGMLType(number: 19, name: "IQ1_S", blockSize: 256, blockBytes: 50),
    GGMLType(number: 20, name: "IQ4_NL", blockSize: 32, blockBytes: 18),
    GGMLType(number: 21, name: "IQ3_S", blockSize: 256, blockBytes: 110),
    GGMLType(number: 22, name: "IQ2_S", blockSize: 256, blockBytes: 82),
    GGMLType(number: 23, name: "IQ4_XS", blockSize: 256, blockBytes: 136),
    GGMLType(number: 24, name: "I8", blockSize: 1, blockBytes: 1),
    GGMLType(number: 25, name: "I16", blockSize: 1, blockBytes: 2),
    GGMLType(number: 26, name: "I32", blockSize: 1, blockBytes: 4),
    GGMLType(number: 27, name: "I64", blockSize: 1, blockBytes: 8),
    GGMLType(number: 28, name: "F64", blockSize: 1, blockBytes: 8),
    GGMLType(number: 29, name: "IQ1_M", blockSize: 256, blockBytes: 56),
    GGMLType(number: 30, name: "BF16", blockSize: 1, blockBytes: 2),
    GGMLType(number: 34, name: "TQ1_0", blockSize: 256, blockBytes: 54),
    GGMLType(number: 35, name: "TQ2_0", blockSize: 256, blockBytes: 66),
    GGMLType(number: 39, name: "MXFP4", blockSize: 32, blockBytes: 17),
    GGMLType(number: 40, name: "NVFP4", blockSize: 64, blockBytes: 36),
    GGMLType(number: 41, name: "Q1_0", blockSize: 128, blockBytes: 18),
    GGMLType(number: 42, name: "Q2_0", blockSize: 64, blockBytes: 18),
  ]

  /// Whether some tensor of a model may have it; ggml uses the others on the way alone, and ends the
  /// process where it has to multiply one.
  var isForModels: Bool { !["Q8_1", "Q8_K", "I8", "I16", "F64"].contains(name) }

  /// Whether it holds whole numbers: tables of indices have such a type, weights never.
  var isInteger: Bool { name == "I32" || name == "I64" }
}
