import Foundation
import Testing

@testable import LlamaRunner

@Suite struct GGUFHeaderTests {
  @Test func theHeaderAgreesWithLlamaCpp() throws {
    let model = try TestModel.load()
    let header = try GGUFHeader.read(path: model.path)
    #expect(header.version == 3)
    #expect(header.architecture == "llama")
    #expect(header.name == "Llambo Tiny")
    #expect(header.quantization == "Q8_0")
    #expect(!header.isQuantizationGuessed)
    #expect(header.contextLength == model.trainedContextLength)
    #expect(header.embeddingLength == model.embeddingSize)
    #expect(header.layerCount == model.layerCount)
    #expect(header.vocabularySize == model.vocabularySize)
    #expect(header.parameterCount == model.parameterCount)
    #expect(header.tensorSize == model.tensorSize)
    #expect(header.fileSize == model.fileSize)
    #expect(header.hasChatTemplate)
    #expect(header.partCount == 1)
    #expect(header.alignment == 32)
  }

  @Test func aFileAndItsBytesReadTheSame() throws {
    let path = try TestModel.load().path
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    #expect(try GGUFHeader.read(bytes: bytes, path: path) == GGUFHeader.read(path: path))
  }

  @Test func aSoundFileIsTaken() throws {
    let header = try read(.sound())
    #expect(header.quantization == "Q4_K_M")
    #expect(header.parameterCount == 32 * 4 + 32 + 32 * 32)
    #expect(header.vocabularySize == 4)
  }

  @Test func theQuantizationIsGuessedWhereTheFileIsSilent() throws {
    var builder = GGUFBuilder.sound()
    builder.remove("general.file_type")
    let header = try read(builder)
    #expect(header.quantization == "Q8_0")
    #expect(header.isQuantizationGuessed)
    builder.set("general.file_type", 9999)
    #expect(try read(builder).quantization == nil)
  }

  @Test func otherAlignmentsAreTaken() throws {
    for alignment in [64, 4096] as [UInt64] {
      var builder = GGUFBuilder.sound()
      builder.alignment = alignment
      builder.set("general.alignment", UInt32(alignment))
      let header = try read(builder)
      #expect(header.alignment == Int(alignment))
      #expect(header.dataOffset % alignment == 0)
    }
  }

  /// The last tensor may be filled up to the alignment, or not; what is behind that is told.
  @Test func whatStandsBehindTheWeightsIsSurplus() throws {
    var builder = GGUFBuilder.sound()
    let tensor = builder.tensors[builder.tensors.count - 1]
    builder.alignment = 4096
    builder.set("general.alignment", UInt32(4096))
    let sound = try read(builder)
    let bytes = builder.bytes()
    let end = Int(sound.dataOffset) + 2 * 4096 + Int(builder.size(of: tensor))
    for size in [end, end + 1, Int(sound.dataOffset) + 3 * 4096] {
      let padded = bytes.prefix(size) + [UInt8](repeating: 0, count: max(0, size - bytes.count))
      #expect(try read(Array(padded)).surplusSize == 0)
    }
    let long = bytes.prefix(end) + [UInt8](repeating: 0, count: 4096)
    #expect(try read(Array(long)).surplusSize == UInt64(Int(builder.size(of: tensor))))
  }

  /// Every byte of a small file, and places all over a real one.
  @Test func aFileCutAnywhereIsTruncated() throws {
    let small = GGUFBuilder.sound().bytes()
    let needed = try GGUFHeader.read(bytes: small, path: "small").dataOffset + 160 + 128 + 1088
    for size in 4..<Int(needed) {
      let error = expectError(.modelTruncated) { try read(Array(small.prefix(size))) }
      #expect(error?.message.contains("it has \(size) bytes of at least") == true)
    }
    for size in 0..<4 { expectError(.modelNotGGUF) { try read(Array(small.prefix(size))) } }
    let real = [UInt8](try Data(contentsOf: URL(filePath: try TestModel.load().path)))
    for size in stride(from: 4, to: real.count, by: real.count / 97) {
      expectError(.modelTruncated) { try read(Array(real.prefix(size))) }
    }
    // The last tensor may be followed by less than 32 bytes that belong to none.
    expectError(.modelTruncated) { try read(real.dropLast(32)) }
  }

  typealias Change = @Sendable (inout GGUFBuilder) -> Void

  static let damages: [(String, Change)] = [
    ("tensors are more than", { $0.tensorCount = .max }),
    ("metadata fields are more than", { $0.fieldCount = 1 << 62 }),
    ("a field's name has 0 bytes", { $0.add("", kind: 4, [1, 0, 0, 0]) }),
    ("a field's name has 2000", { $0.add(String(repeating: "k", count: 2000), kind: 0, [1]) }),
    ("no plain ASCII", { $0.add("general.\0x", kind: 0, [1]) }),
    ("no plain ASCII", { $0.add("général", kind: 0, [1]) }),
    ("llama.block_count occurs twice", { $0.add("llama.block_count", kind: 0, [1]) }),
    ("the type 13", { $0.set("odd", kind: 13, [0]) }),
    ("the type 99", { $0.set("odd", kind: 9, GGUFBuilder.bytes(UInt32(99))) }),
    ("has a text of", { $0.set("odd", kind: 8, GGUFBuilder.bytes(UInt64.max)) }),
    (
      "elements, more than",
      { $0.set("odd", kind: 9, GGUFBuilder.bytes(UInt32(0)) + GGUFBuilder.bytes(UInt64.max)) }
    ),
    ("must be a uint32", { $0.set("general.alignment", text: "32") }),
    ("no power of two", { $0.set("general.alignment", 48) }),
    ("no power of two", { $0.set("general.alignment", 0) }),
    ("no power of two", { $0.set("general.alignment", 1 << 31) }),
    ("name has 64 bytes", { $0.tensors[0].name = String(repeating: "t", count: 64) }),
    ("has a zero byte", { $0.tensors[0].name = "token\0embd" }),
    ("occurs twice", { $0.tensors[1].name = $0.tensors[0].name }),
    ("5 dimensions", { $0.tensors[0].dimensions = [32, 1, 1, 1, 1] }),
    ("a dimension of 0", { $0.tensors[0].dimensions = [32, 0] }),
    ("a dimension of", { $0.tensors[0].dimensions = [1 << 32, 1 << 31] }),
    ("no blocks of 32", { $0.tensors[0].dimensions = [33, 4] }),
    ("begins at byte 7 ", { $0.tensors[1].offset = 7 }),
    ("begins at byte 0 ", { $0.tensors[1].offset = 0 }),
    ("must be a uint16", { $0.set("split.count", 2) }),
    ("must be a uint16", { $0.set("split.no", short: 2000) }),
    (
      "part 4 of 3",
      {
        $0.set("split.count", short: 3); $0.set("split.no", short: 3)
      }
    ),
    ("it has 0 layers", { $0.set("llama.block_count", 0) }),
    ("it has 513 layers", { $0.set("llama.block_count", 513) }),
    ("predict ahead", { $0.set("llama.nextn_predict_layers", 1) }),
    ("context_length is 0", { $0.set("llama.context_length", 0) }),
    (
      "it uses 3 of 2 experts",
      {
        $0.set("llama.expert_count", 2); $0.set("llama.expert_used_count", 3)
      }
    ),
    (
      "it uses 4 of 2 experts",
      {
        $0.set("llama.expert_count", 2); $0.set("llama.expert_used_count", numbers: [4])
      }
    ),
    ("it uses 0 of 2 experts", { $0.set("llama.expert_count", 2) }),
    (
      "3 groups of 8",
      {
        $0.set("llama.expert_count", 8); $0.set("llama.expert_used_count", 2)
        $0.set("llama.expert_group_count", 3); $0.set("llama.expert_group_used_count", 1)
      }
    ),
    ("epsilon is nan", { $0.set("llama.attention.layer_norm_rms_epsilon", real: .nan) }),
    ("epsilon is -1", { $0.set("llama.attention.layer_norm_rms_epsilon", real: -1) }),
    ("4 tokens have 3 types", { $0.set("tokenizer.ggml.token_type", numbers: [1, 1, 1]) }),
    ("\"ab\" occurs twice", { $0.set("tokenizer.ggml.tokens", texts: ["ab", "b", "a", "ab"]) }),
    ("\"a\" occurs twice", { $0.set("tokenizer.ggml.tokens", texts: ["a", "b", "ab", "a\0x"]) }),
    (
      "\"[EMPTY_3]\" occurs twice",
      {
        $0.set("tokenizer.ggml.tokens", texts: ["a", "b", "[EMPTY_3]", ""])
      }
    ),
  ]

  @Test(arguments: damages.indices)
  func whatIsDamagedIsNamed(index: Int) {
    let (expected, change) = Self.damages[index]
    refuses(.modelDamaged, expected, change)
  }

  static let strangers: [(String, Change)] = [
    ("big-endian", { $0.version = UInt32(3).byteSwapped }),
    ("version 1;", { $0.version = 1 }),
    ("version 4;", { $0.version = 4 }),
    ("array of arrays", { $0.set("odd", kind: 9, GGUFBuilder.bytes(UInt32(9))) }),
    ("the type 4,", { $0.tensors[0].type = 4 }),
    ("the type 43,", { $0.tensors[0].type = 43 }),
    (
      "no weights have",
      {
        $0.tensors[0].dimensions = [32]; $0.tensors[0].type = 28
      }
    ),
    ("no weights have", { $0.tensors[0].type = 26 }),
    ("needs F32 there", { $0.tensors[1].type = 1 }),
    ("no tensors", { $0.tensors = [] }),
    ("its architecture", { $0.remove("general.architecture") }),
    ("no vocabulary", { $0.set("tokenizer.ggml.model", text: "none") }),
    ("its architecture", { $0.set("general.architecture", 1) }),
    ("rope.scaling.type is \"odd\"", { $0.set("llama.rope.scaling.type", text: "odd") }),
  ]

  @Test(arguments: strangers.indices)
  func whatIsStrangeIsNamed(index: Int) {
    let (expected, change) = Self.strangers[index]
    refuses(.modelUnsupported, expected, change)
  }

  @Test func aSizeThatTheFileDoesNotHaveIsTruncated() {
    refuses(.modelTruncated, "the weights needs") {
      $0.tensors[2].dimensions = [1 << 20, 1 << 20]
    }
    refuses(.modelTruncated, "odd needs") {
      let count = GGUFBuilder.bytes(UInt64(1 << 30))
      $0.set("odd", kind: 9, GGUFBuilder.bytes(UInt32(8)) + count)
    }
  }

  private func refuses(_ code: LlamaError.Code, _ expected: String, _ change: Change) {
    var builder = GGUFBuilder.sound()
    change(&builder)
    let error = expectError(code) { try read(builder) }
    #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
  }

  private func read(_ builder: GGUFBuilder) throws -> GGUFHeader { try read(builder.bytes()) }

  private func read(_ bytes: [UInt8]) throws -> GGUFHeader {
    try GGUFHeader.read(bytes: bytes, path: "test.gguf")
  }
}
