import CLlama

extension Model {
  /// A text's place in the model's space: `embeddingLength` values whose squares add up to 1, so
  /// that the sum of two embeddings' products is their cosine similarity.
  ///
  /// The model's own pooling makes one vector of the tokens'; a model that names none gets their
  /// mean. A context is made and freed for the call, and the whole text is computed at once.
  ///
  /// - Parameter threads: CPU threads; nil for `ThreadDefaults.generation`.
  /// - Throws: `prompt_empty`, `prompt_too_long` where the text has more tokens than the model's
  ///   context, `invalid_parameter`, or `embedding_failed` with llama.cpp's own reason.
  public func embedding(of text: String, threads: Int? = nil) throws(LlamaError) -> [Float] {
    let threads = threads ?? ThreadDefaults.generation
    try check(threads, in: threadRange, "threads")
    let tokens = try tokenize(text)
    guard !tokens.isEmpty, !text.isEmpty else {
      throw LlamaError(.promptEmpty, "the text is empty")
    }
    guard tokens.count <= contextLength else {
      throw LlamaError(
        .promptTooLong, "the text has \(tokens.count) tokens; the context holds \(contextLength)")
    }
    var error = CText()
    var succeeded = false
    let raw = [Float](unsafeUninitializedCapacity: embeddingLength) { buffer, count in
      succeeded = cllama_embed(
        handle.pointer, tokens, Int32(tokens.count), Int32(threads), buffer.baseAddress,
        &error.raw)
      count = succeeded ? embeddingLength : 0
    }
    guard succeeded else { throw LlamaError(.embeddingFailed, error.string) }
    let length = raw.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard length > 0, length.isFinite else {
      throw LlamaError(.embeddingFailed, "the embedding has no direction")
    }
    return raw.map { Float(Double($0) / length) }
  }

  /// How many values an embedding has.
  public var embeddingLength: Int { Int(cllama_embedding_length(handle.pointer)) }
}
