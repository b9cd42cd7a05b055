@testable import LlamaRunner

/// Makes the bytes of GGUF files, sound ones and others.
struct GGUFBuilder {
  struct Tensor {
    var name: String
    var dimensions: [UInt64]
    var type: UInt32 = 0
    /// Where it begins in the weights; nil for where it belongs.
    var offset: UInt64?
  }

  var magic = "GGUF"
  var version: UInt32 = 3
  var alignment: UInt64 = 32
  var fields: [(key: String, value: [UInt8])] = []
  var tensors: [Tensor] = []
  var tensorCount: UInt64?
  var fieldCount: UInt64?
  /// The weights; nil for zeros.
  var weights: [UInt8]?

  /// A whole file of the smallest model.
  static func sound() -> GGUFBuilder {
    var builder = GGUFBuilder()
    builder.set("general.architecture", text: "llama")
    builder.set("general.name", text: "Small")
    builder.set("general.file_type", UInt32(15))
    builder.set("llama.context_length", UInt32(128))
    builder.set("llama.embedding_length", UInt32(32))
    builder.set("llama.block_count", UInt32(1))
    builder.set("llama.attention.layer_norm_rms_epsilon", real: 1e-5)
    builder.set("tokenizer.ggml.model", text: "gpt2")
    builder.set("tokenizer.ggml.tokens", texts: ["a", "b", "ab", ""])
    builder.set("tokenizer.ggml.token_type", numbers: [1, 1, 1, 3])
    builder.set("tokenizer.chat_template", text: "{{ messages }}")
    builder.set("tokenizer.ggml.add_bos_token", kind: 7, [0])
    builder.tensors = [
      Tensor(name: "token_embd.weight", dimensions: [32, 4], type: 8),
      Tensor(name: "output_norm.weight", dimensions: [32]),
      Tensor(name: "blk.0.attn_q.weight", dimensions: [32, 32], type: 8),
    ]
    return builder
  }

  mutating func set(_ key: String, kind: UInt32, _ bytes: [UInt8]) {
    remove(key)
    add(key, kind: kind, bytes)
  }

  mutating func add(_ key: String, kind: UInt32, _ bytes: [UInt8]) {
    fields.append((key, Self.bytes(kind) + bytes))
  }

  mutating func remove(_ key: String) { fields.removeAll { $0.key == key } }

  mutating func set(_ key: String, _ number: UInt32) { set(key, kind: 4, Self.bytes(number)) }
  mutating func set(_ key: String, short: UInt16) { set(key, kind: 2, Self.bytes(short)) }
  mutating func set(_ key: String, real: Float) { set(key, kind: 6, Self.bytes(real.bitPattern)) }
  mutating func set(_ key: String, text: String) { set(key, kind: 8, Self.text(text)) }

  mutating func set(_ key: String, texts: [String]) {
    let count = Self.bytes(UInt64(texts.count))
    set(key, kind: 9, Self.bytes(UInt32(8)) + count + texts.flatMap(Self.text))
  }

  mutating func set(_ key: String, numbers: [UInt32]) {
    let count = Self.bytes(UInt64(numbers.count))
    set(key, kind: 9, Self.bytes(UInt32(5)) + count + numbers.flatMap { Self.bytes($0) })
  }

  func bytes() -> [UInt8] {
    var bytes = Array(magic.utf8) + Self.bytes(version)
    bytes += Self.bytes(tensorCount ?? UInt64(tensors.count))
    bytes += Self.bytes(fieldCount ?? UInt64(fields.count))
    for field in fields { bytes += Self.text(field.key) + field.value }
    var end: UInt64 = 0
    for tensor in tensors {
      bytes += Self.text(tensor.name) + Self.bytes(UInt32(tensor.dimensions.count))
      bytes += tensor.dimensions.flatMap { Self.bytes($0) } + Self.bytes(tensor.type)
      bytes += Self.bytes(tensor.offset ?? end)
      end = padded(end &+ size(of: tensor))
    }
    let start = Int(padded(UInt64(bytes.count)))
    bytes += [UInt8](repeating: 0, count: start - bytes.count)
    return bytes + (weights ?? [UInt8](repeating: 0, count: Int(min(end, 1 << 20))))
  }

  func size(of tensor: Tensor) -> UInt64 {
    let elements = tensor.dimensions.reduce(1, &*)
    guard let type = GGMLType.numbered(tensor.type) else { return elements }
    return elements / type.blockSize &* type.blockBytes
  }

  func padded(_ place: UInt64) -> UInt64 {
    (place &+ alignment &- 1) / alignment * alignment
  }

  static func text(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + text.utf8 }

  static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
