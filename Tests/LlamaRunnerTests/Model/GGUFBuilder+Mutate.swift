@testable import LlamaRunner

extension GGUFBuilder {
  /// The fields, tensors and weights of a sound file.
  init(of bytes: [UInt8]) throws {
    var input = GGUFInput(path: "sound.gguf", bytes: bytes)
    try input.skip(8, for: "start")
    let tensorCount = try input.number(UInt64.self, for: "tensors")
    let fieldCount = try input.number(UInt64.self, for: "fields")
    for _ in 0..<fieldCount {
      let key = try Self.text(&input)
      let start = Int(input.position)
      let kind = try input.number(UInt32.self, for: key)
      if kind == 9 {
        let element = try input.number(UInt32.self, for: key)
        let count = try input.number(UInt64.self, for: key)
        for _ in 0..<count { try Self.skipValue(element, &input) }
      } else {
        try Self.skipValue(kind, &input)
      }
      fields.append((key, Array(bytes[start..<Int(input.position)])))
    }
    for _ in 0..<tensorCount {
      var tensor = Tensor(name: try Self.text(&input), dimensions: [])
      for _ in 0..<(try input.number(UInt32.self, for: "rank")) {
        tensor.dimensions.append(try input.number(for: "dimension"))
      }
      tensor.type = try input.number(for: "type")
      _ = try input.number(UInt64.self, for: "offset")
      tensors.append(tensor)
    }
    weights = Array(bytes[Int(padded(input.position))...])
  }

  private static func text(_ input: inout GGUFInput) throws -> String {
    let count = try input.number(UInt64.self, for: "length")
    return String(decoding: try input.bytes(Int(count), for: "text"), as: UTF8.self)
  }

  private static func skipValue(_ kind: UInt32, _ input: inout GGUFInput) throws {
    if kind == 8 { return _ = try text(&input) }
    try input.skip(GGUFKind(rawValue: kind)?.size ?? 0, for: "value")
  }

  /// Makes the model lie, or another one, in up to three of its values; the format stays whole.
  mutating func mutate(_ mutator: inout Mutator) {
    for _ in 0...mutator.below(3) {
      switch mutator.below(10) {
      case 0...4: mutateNumber(&mutator)
      case 5: set(mutator.pick(Self.numbers), mutator.pick(Self.values))
      case 6:
        set("llama." + mutator.pick(Self.reals), real: mutator.pick([0, -1, .nan, .infinity]))
      case 7:
        let (key, texts) = mutator.pick(Self.texts)
        set(key, text: mutator.pick(texts))
      case 8: fields.remove(at: Int(mutator.below(UInt64(fields.count))))
      default: mutateTensor(&mutator)
      }
    }
  }

  /// A number that is there, of any type but an array's.
  private mutating func mutateNumber(_ mutator: inout Mutator) {
    let numbers = fields.indices.filter { fields[$0].value.count <= 12 && fields[$0].value[0] < 8 }
    guard !numbers.isEmpty else { return }
    let index = mutator.pick(numbers)
    let value = Self.bytes(mutator.pick(Self.values))
    fields[index].value.replaceSubrange(
      4..., with: value.prefix(fields[index].value.count - 4))
  }

  private mutating func mutateTensor(_ mutator: inout Mutator) {
    let index = Int(mutator.below(UInt64(tensors.count)))
    switch mutator.below(4) {
    case 0: tensors[index].type = mutator.pick(GGMLType.all).number
    case 1: tensors[index].dimensions.reverse()
    case 2: tensors[index].dimensions[0] = UInt64(mutator.pick([32, 64, 256, 1024]))
    default: tensors[index].name = mutator.pick(tensors).name + ".x"
    }
  }

  private static let values: [UInt32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 24, 31, 32, 33, 48, 64, 96, 192, 512, 513, 1024, 2048, 65536,
    1 << 31 - 1, 1 << 31, .max - 1, .max,
  ]
  private static let reals = [
    "attention.layer_norm_rms_epsilon", "rope.freq_base", "rope.scaling.factor",
    "rope.scaling.attn_factor", "attention.clamp_kqv", "logit_scale", "embedding_scale",
  ]
  private static let numbers: [String] =
    [
      "attention.key_length", "attention.value_length", "attention.head_count",
      "attention.head_count_kv", "rope.dimension_count", "expert_count", "expert_used_count",
      "expert_group_count", "nextn_predict_layers", "attention.sliding_window", "pooling_type",
      "block_count", "vocab_size", "rope.scaling.original_context_length", "feed_forward_length",
      "embedding_length_out", "attention.causal",
    ].map { "llama." + $0 }
    + [
      "bos_token_id", "eos_token_id", "eot_token_id", "unknown_token_id", "padding_token_id",
      "token_type_count", "fim_pre_token_id", "merges",
    ].map { "tokenizer.ggml." + $0 }

  private static let texts: [(String, [String])] = [
    (
      "tokenizer.ggml.model",
      [
        "llama", "bert", "gpt2", "t5", "rwkv", "plamo2", "none", "gemma4", "test", "whitespace",
        "?",
      ]
    ),
    ("tokenizer.ggml.pre", ["default", "llama-bpe", "qwen2", "deepseek-llm", "kimi-k2", "?", ""]),
    ("llama.rope.scaling.type", ["none", "linear", "yarn", "longrope", "?"]),
    (
      "tokenizer.chat_template",
      ["", "{{", "{% for x in y %}", "{{ 1/0 }}", "{{ messages[9].a.b }}"]
    ),
    (
      "general.architecture",
      [
        "llama", "llama4", "qwen2", "gemma2", "phi3", "mamba", "rwkv6", "bert", "t5", "clip",
        "gpt2",
        "wavtokenizer-dec", "deepseek2", "llada", "",
      ]
    ),
  ]
}
