/// What a GGUF file says of itself, read without llama.cpp and without loading the file.
public struct GGUFHeader: Sendable, Equatable {
  /// The format's version: 2 or 3.
  public let version: Int
  /// The architecture in llama.cpp's words, such as "llama" or "qwen2".
  public let architecture: String
  /// The model's own name, where it has one.
  public let name: String?
  /// The weights' quantization, such as "Q4_K_M"; nil for one that is unknown here.
  public let quantization: String?
  /// Whether the file is silent on it, so that `quantization` is what most of its tensors have.
  public let isQuantizationGuessed: Bool
  /// Tokens of prompt and answer that the model was trained for, where the file says so.
  public let contextLength: Int?
  /// Length of a token's embedding, where the file says so.
  public let embeddingLength: Int?
  /// Number of layers, where the file says so.
  public let layerCount: Int?
  /// Tokens in the vocabulary, where the file has one.
  public let vocabularySize: Int?
  /// Number of tensors.
  public let tensorCount: Int
  /// Number of weights.
  public let parameterCount: UInt64
  /// Bytes of all tensors.
  public let tensorSize: UInt64
  /// Whether the file brings a chat template.
  public let hasChatTemplate: Bool
  /// Files that the model is split into, this one counted; 1 for a whole model.
  public let partCount: Int
  /// This file's place among the parts, from 0 on.
  public let partIndex: Int
  /// What the tensors' places in the file are multiples of.
  public let alignment: Int
  /// Where the weights begin in the file.
  public let dataOffset: UInt64
  /// Bytes of the file.
  public let fileSize: UInt64
  /// Bytes that stand in the file behind all that its header describes, which a file of two downloads
  /// has, or one that something was appended to. llama.cpp does not look at them.
  public let surplusSize: UInt64

  /// Reads and checks a file's header: every count, length, type, shape and place in it, what
  /// llama.cpp requires of the values, and that the file holds all the bytes that it describes.
  ///
  /// - Throws: `model_not_found`, `model_not_gguf`, `model_truncated` with the bytes that are there
  ///   and that are needed, `model_damaged`, `model_unsupported`.
  public static func read(path: String) throws(LlamaError) -> GGUFHeader {
    try checkKind(of: path, path)
    return try read(try GGUFInput(path: path, name: path))
  }

  private static func checkKind(of path: String, _ name: String) throws(LlamaError) {
    switch Files.kind(path) {
    case .file: break
    case .folder: throw LlamaError(.modelNotGGUF, "\(name) is a folder")
    case .other: throw LlamaError(.modelNotGGUF, "\(name) is no regular file")
    case nil: throw LlamaError(.modelNotFound, "\(name): \(Files.lastError)")
    }
  }

  /// The same for a file that must also end where its header says.
  ///
  /// - Parameter name: what errors call the file; its path unless given.
  /// - Throws: as `read`, and `model_damaged` where the file goes on behind its weights.
  package static func readWhole(
    path: String, name: String? = nil
  ) throws(LlamaError) -> GGUFHeader {
    let name = name ?? path
    try checkKind(of: path, name)
    let header = try read(try GGUFInput(path: path, name: name))
    guard header.surplusSize == 0 else {
      throw LlamaError(
        .modelDamaged,
        "\(name) is damaged: it has \(header.fileSize) bytes, \(header.surplusSize) more than its "
          + "header describes")
    }
    return header
  }

  /// The same for bytes in memory; `path` is what errors call them.
  static func read(bytes: [UInt8], path: String) throws(LlamaError) -> GGUFHeader {
    try read(GGUFInput(path: path, bytes: bytes))
  }

  private static func read(_ input: consuming GGUFInput) throws(LlamaError) -> GGUFHeader {
    var reader = try GGUFReader(input)
    let header = try GGUFHeader(reader)
    // The parts of a split model after the first hold tensors alone.
    if header.partIndex == 0 { try GGUFChecks.check(&reader) }
    return header
  }

  private init(_ reader: borrowing GGUFReader) throws(LlamaError) {
    let values = reader.values
    version = Int(reader.version)
    partCount = Int(try Self.part("split.count", reader) ?? 1)
    partIndex = Int(try Self.part("split.no", reader) ?? 0)
    guard partIndex == 0 || partIndex < partCount else {
      throw reader.input.damaged("it is part \(partIndex + 1) of \(partCount)")
    }
    if let architecture = values["general.architecture"]?.text, !architecture.isEmpty {
      self.architecture = architecture
    } else if partIndex > 0 {
      architecture = ""
    } else {
      throw reader.input.unsupported("it does not say its architecture (general.architecture)")
    }
    let prefix = architecture + "."
    func whole(_ key: String) -> Int? { values[prefix + key]?.whole.flatMap { Int(exactly: $0) } }
    contextLength = whole("context_length")
    embeddingLength = whole("embedding_length")
    layerCount = whole("block_count")
    if case .array(let tokens)? = values["tokenizer.ggml.tokens"] {
      vocabularySize = Int(tokens.count)
    } else {
      vocabularySize = nil
    }
    let name = values["general.name"]?.text
    self.name = name?.isEmpty == true ? nil : name
    hasChatTemplate = values["tokenizer.chat_template"] != nil
    let tensors = reader.tensors
    tensorCount = tensors.count
    // The sum of the bytes was checked, and a byte holds at most eight weights.
    parameterCount = tensors.reduce(0) { $0 &+ $1.elements }
    tensorSize = tensors.reduce(0) { $0 + $1.bytes }
    if let fileType = values["general.file_type"]?.whole {
      quantization = Quantization.name(ofFileType: fileType)
      isQuantizationGuessed = false
    } else {
      quantization = Self.commonType(tensors)?.name
      isQuantizationGuessed = true
    }
    alignment = Int(reader.alignment)
    dataOffset = reader.dataOffset
    fileSize = reader.input.size
    surplusSize = fileSize - min(fileSize, reader.dataEnd)
  }

  /// A field that counts parts; llama.cpp ends the process where it has another type than this.
  private static func part(
    _ key: String, _ reader: borrowing GGUFReader
  ) throws(LlamaError) -> UInt64? {
    guard let value = reader.values[key] else { return nil }
    guard case .number(let number, .uint16) = value, number <= GGUFLimits.parts else {
      throw reader.input.damaged("\(key) must be a uint16 up to \(GGUFLimits.parts)")
    }
    return number
  }

  /// The type that most tensors have.
  private static func commonType(_ tensors: [GGUFTensor]) -> GGMLType? {
    var counts: [UInt32: Int] = [:]
    for tensor in tensors { counts[tensor.type.number, default: 0] += 1 }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
      .flatMap { GGMLType.numbered($0.key) }
  }
}
