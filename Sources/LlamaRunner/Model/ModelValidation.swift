/// Reads a `model.json`, or the one in a folder, and finds its GGUF file.
///
/// - Throws: what `ModelMetadata.load` throws.
public func loadModel(_ path: String) throws(LlamaError) -> ModelMetadata {
  try ModelMetadata.load(from: path)
}

/// Checks that the file which a `model.json` names is a whole GGUF file that llama.cpp loads, and
/// that the description says nothing which the file contradicts (`ModelMetadata.compare`).
///
/// - Throws: what `Model.init` throws; `metadata_invalid` names what both say.
public func validateModel(_ metadata: ModelMetadata) throws(LlamaError) {
  try metadata.compare(with: GGUFHeader.read(path: metadata.modelPath))
  _ = try Model(path: metadata.modelPath)
}
