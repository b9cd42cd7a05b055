import CLlama

/// A LoRA adapter: a GGUF file of small matrices that are added to a model's weights.
public struct Adapter: Sendable, Equatable {
  /// The adapter's GGUF file.
  public var path: String
  /// How strongly it is added; 1 is as trained, 0 not at all.
  public var scale: Double

  /// An adapter, as strong as trained unless said otherwise.
  public init(path: String, scale: Double = 1) {
    self.path = path
    self.scale = scale
  }
}

extension ModelHandle {
  /// Adds an adapter to the contexts to come, before the model is shared.
  ///
  /// - Throws: `adapter_not_found`, `adapter_invalid` with llama.cpp's own reason, or
  ///   `invalid_parameter`.
  func add(_ adapter: Adapter) throws(LlamaError) {
    let path = adapter.path
    try check(adapter.scale, in: -1000...1000, "the adapter's scale")
    switch Files.kind(path) {
    case nil: throw LlamaError(.adapterNotFound, "\(path): \(Files.lastError)")
    case .file: break
    default: throw LlamaError(.adapterInvalid, "\(path) is no regular file")
    }
    guard let start = Files.read(path, limit: 4) else {
      throw LlamaError(.adapterNotFound, "\(path): \(Files.lastError)")
    }
    guard start.elementsEqual("GGUF".utf8) else {
      throw LlamaError(.adapterInvalid, "\(path) does not begin with \"GGUF\"")
    }
    var error = CText()
    guard cllama_model_add_adapter(pointer, path, Float(adapter.scale), &error.raw) else {
      throw LlamaError(.adapterInvalid, "\(path): \(error.string)")
    }
  }
}
