import Foundation

@testable import LlamaRunner

/// A LoRA adapter of rank 1 for one matrix of the test model, as a GGUF version 3 file.
struct LoRAFile {
  var architecture = "llama"
  var type = "adapter"
  var tensor = "blk.0.attn_q.weight"
  /// Columns and rows of the adapted matrix.
  var columns: Int
  var rows: Int

  init(for model: Model) {
    columns = model.embeddingSize
    rows = model.embeddingSize
  }

  /// The file's bytes; A and B are all `value`.
  func bytes(value: Float) -> Data {
    var header = Data("GGUF".utf8)
    func append<Number>(_ number: Number) {
      withUnsafeBytes(of: number) { header.append(contentsOf: $0) }
    }
    func append(text: String) {
      append(UInt64(text.utf8.count))
      header.append(contentsOf: text.utf8)
    }
    append(UInt32(3))
    append(UInt64(2))
    append(UInt64(4))
    for (key, text) in [
      ("general.type", type), ("general.architecture", architecture), ("adapter.type", "lora"),
    ] {
      append(text: key)
      append(UInt32(8))
      append(text: text)
    }
    append(text: "adapter.lora.alpha")
    append(UInt32(6))
    append(Float(1))
    let aligned = (columns * 4 + 31) / 32 * 32
    for (name, shape, offset) in [
      (tensor + ".lora_a", [columns, 1], 0), (tensor + ".lora_b", [1, rows], aligned),
    ] {
      append(text: name)
      append(UInt32(2))
      for size in shape { append(UInt64(size)) }
      append(UInt32(0))
      append(UInt64(offset))
    }
    header.append(Data(count: (32 - header.count % 32) % 32))
    var body = Data()
    for count in [columns, rows] {
      for _ in 0..<count { withUnsafeBytes(of: value) { body.append(contentsOf: $0) } }
      body.append(Data(count: (32 - body.count % 32) % 32))
    }
    return header + body
  }
}
