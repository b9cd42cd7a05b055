import CLlama

/// A GGUF file that was found and begins as one.
struct ModelFile {
  let path: String
  let size: UInt64
  let metadata: ModelMetadata?

  /// The GGUF versions that the pinned llama.cpp reads.
  static let versions: ClosedRange<UInt32> = 2...3

  /// Finds the file that `path`, or the `model.json` it names, leads to.
  init(path: String) throws(LlamaError) {
    let kind = Files.kind(path)
    if kind == nil { throw LlamaError(.modelNotFound, "\(path): \(Files.lastError)") }
    if kind == .folder || path.hasSuffix(".json") {
      let metadata = try ModelMetadata.load(from: path)
      self.metadata = metadata
      self.path = metadata.modelPath
    } else {
      metadata = nil
      self.path = path
    }
    switch Files.kind(self.path) {
    case .file(let size): self.size = size
    case .folder: throw LlamaError(.modelNotGGUF, "\(self.path) is a folder")
    default: throw LlamaError(.modelNotGGUF, "\(self.path) is no regular file")
    }
    try Self.checkStart(of: self.path, size: size)
  }

  /// Refuses what is no GGUF file by its first eight bytes: the magic and the version.
  private static func checkStart(of path: String, size: UInt64) throws(LlamaError) {
    guard let start = Files.read(path, limit: 8) else {
      throw LlamaError(.modelNotFound, "\(path): \(Files.lastError)")
    }
    guard start.starts(with: "GGUF".utf8) else {
      let why = size == 0 ? "is empty" : "does not begin with \"GGUF\""
      throw LlamaError(.modelNotGGUF, "\(path) \(why)")
    }
    guard start.count == 8 else {
      throw LlamaError(.modelTruncated, "\(path) ends after \(start.count) bytes")
    }
    let version = start[4...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard versions.contains(version) else {
      throw LlamaError(
        .modelUnsupported,
        "\(path) is GGUF version \(version); versions \(versions.lowerBound) to "
          + "\(versions.upperBound) are supported")
    }
  }

  /// The file's name without folder and `.gguf`.
  var baseName: String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.hasSuffix(".gguf") ? String(name.dropLast(5)) : name
  }

  /// Why llama.cpp did not load the file, given its own words.
  func failure(reason: String) -> LlamaError {
    var error = CText()
    switch cllama_gguf_inspect(path, size, &error.raw) {
    case CLLAMA_GGUF_HEADER_DAMAGED:
      return LlamaError(
        .modelTruncated, "\(path): the header is damaged or cut short: \(error.string)")
    case CLLAMA_GGUF_DATA_MISSING:
      return LlamaError(.modelTruncated, "\(path) is cut short: \(error.string)")
    default:
      return LlamaError(.modelUnsupported, "\(path): \(reason)")
    }
  }
}
