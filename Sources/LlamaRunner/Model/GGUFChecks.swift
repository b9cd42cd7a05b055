/// What llama.cpp takes for granted of a model's values, and ends the process where it is not so.
///
/// Only what no model that it loads breaks is checked here; what it refuses by itself is left to it.
enum GGUFChecks {
  static func check(_ reader: inout GGUFReader) throws(LlamaError) {
    let model = reader.values["general.architecture"]?.text ?? ""
    try checkLayers(reader, model)
    try checkExperts(&reader, model)
    try checkReals(reader, model)
    try checkTensors(reader)
    try GGUFVocabulary.check(&reader)
  }

  private static func checkLayers(
    _ reader: borrowing GGUFReader, _ model: String
  ) throws(LlamaError) {
    let layers = reader.values["\(model).block_count"]?.whole ?? 1
    guard (1...GGUFLimits.layers).contains(layers) else {
      throw reader.input.damaged("it has \(layers) layers; 1 to \(GGUFLimits.layers) are possible")
    }
    let predicting = reader.values["\(model).nextn_predict_layers"]?.whole ?? 0
    guard predicting < layers else {
      throw reader.input.damaged("\(predicting) of its \(layers) layers predict ahead")
    }
    if let context = reader.values["\(model).context_length"]?.whole {
      guard (1...UInt64(Int32.max)).contains(context) else {
        throw reader.input.damaged("\(model).context_length is \(context)")
      }
    }
    if case .text(let scaling)? = reader.values["\(model).rope.scaling.type"] {
      guard ["none", "linear", "yarn", "longrope"].contains(scaling) else {
        throw reader.input.unsupported(
          "\(model).rope.scaling.type is \"\(scaling ?? "…")\", which llama.cpp does not know")
      }
    }
  }

  private static func checkExperts(
    _ reader: inout GGUFReader, _ model: String
  ) throws(LlamaError) {
    // This family ignores the counts of a model that has no choice of experts.
    let single = model.hasPrefix("hunyuan")
    let experts = reader.values["\(model).expert_count"]?.whole ?? 0
    let used = try mostUsedExperts(&reader, "\(model).expert_used_count")
    if single, experts <= 1 { return }
    guard experts <= GGUFLimits.experts, used <= experts, experts == 0 || used > 0 else {
      throw reader.input.damaged("it uses \(used) of \(experts) experts")
    }
    let groups = reader.values["\(model).expert_group_count"]?.whole ?? 0
    let usedGroups = reader.values["\(model).expert_group_used_count"]?.whole ?? 0
    guard groups == 0 || groups < experts else {
      throw reader.input.damaged("it has \(groups) groups of \(experts) experts")
    }
    guard groups <= 1 || (experts % groups == 0 && (1..<groups).contains(usedGroups)) else {
      throw reader.input.damaged("it uses \(usedGroups) of \(groups) groups of \(experts) experts")
    }
  }

  /// The number that a field holds, or the largest of one number a layer.
  private static func mostUsedExperts(
    _ reader: inout GGUFReader, _ key: String
  ) throws(LlamaError) -> UInt64 {
    guard case .array(let array)? = reader.values[key] else {
      return reader.values[key]?.whole ?? 0
    }
    guard array.kind == .uint32 || array.kind == .int32, array.count <= GGUFLimits.layers else {
      throw reader.input.damaged("\(key) has \(array.count) elements of another type")
    }
    reader.input.seek(to: array.offset)
    var most: UInt32 = 0
    for _ in 0..<array.count { most = max(most, try reader.input.number(for: key)) }
    return UInt64(most)
  }

  /// What a normalization adds must not be negative, nor anything but a number.
  private static func checkReals(
    _ reader: borrowing GGUFReader, _ model: String
  ) throws(LlamaError) {
    for name in ["layer_norm_epsilon", "layer_norm_rms_epsilon", "group_norm_epsilon"] {
      let key = "\(model).attention.\(name)"
      guard case .real(let epsilon, _)? = reader.values[key] else { continue }
      guard epsilon.isFinite, epsilon >= 0 else {
        throw reader.input.damaged("\(key) is \(epsilon)")
      }
    }
  }

  private static func checkTensors(_ reader: borrowing GGUFReader) throws(LlamaError) {
    let split = (reader.values["split.count"]?.whole ?? 1) > 1
    guard split || !reader.tensors.isEmpty else {
      throw reader.input.unsupported("it has no tensors; it may be a vocabulary alone")
    }
    guard reader.tensors.isEmpty || reader.dataOffset % GGUFLimits.weightsAlignment == 0 else {
      throw reader.input.unsupported(
        "its weights begin at byte \(reader.dataOffset), no multiple of "
          + "\(GGUFLimits.weightsAlignment), as llama.cpp needs to map them")
    }
    for tensor in reader.tensors {
      guard tensor.type.isForModels, !tensor.type.isInteger || !tensor.isMultiplied else {
        throw reader.input.unsupported(
          "the tensor \(tensor.text) has the type \(tensor.type.name), which no weights have")
      }
      guard !tensor.isElementwise || tensor.type.name == "F32" else {
        throw reader.input.unsupported(
          "the tensor \(tensor.text) has the type \(tensor.type.name); llama.cpp needs F32 there")
      }
    }
  }
}

extension GGUFTensor {
  /// Whether the layers multiply by it as a matrix, or look tokens up in it.
  fileprivate var isMultiplied: Bool {
    let text = text
    return text == "token_embd.weight" || text == "output.weight"
      || [".attn_", ".ffn_up", ".ffn_down"].contains(where: text.contains)
  }

  /// Whether it is added, or scales a normalization: ggml has that for F32 alone.
  fileprivate var isElementwise: Bool {
    dimensions.count <= 1 && (text.hasSuffix("_norm.weight") || text.hasSuffix(".bias"))
  }
}
