/// A GGUF file that was found, checked, and is what its `model.json` says.
struct ModelFile {
  let path: String
  let metadata: ModelMetadata?
  /// What the file says of itself; of a model in parts, the first one.
  let header: GGUFHeader
  /// The headers of a split model's other parts.
  let otherParts: [GGUFHeader]

  /// Finds the file that `path`, or the `model.json` it names, leads to, and checks it.
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
    header = try GGUFHeader.read(path: self.path)
    otherParts = try Self.otherParts(of: self.path, header)
    try metadata?.compare(with: header, parameterCount: parameterCount)
  }

  /// The files of all parts.
  var paths: [String] {
    let count = header.partCount
    return (0..<count).map { $0 == 0 ? path : Self.part($0, of: count, beside: path) }
  }

  /// Bytes of all parts.
  var size: UInt64 { otherParts.reduce(header.fileSize) { $0 + $1.fileSize } }

  /// Weights of all parts.
  var parameterCount: UInt64 { otherParts.reduce(header.parameterCount) { $0 + $1.parameterCount } }

  /// The file's name without folder and `.gguf`.
  var baseName: String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.hasSuffix(".gguf") ? String(name.dropLast(5)) : name
  }

  /// Checks the parts that llama.cpp will look for beside the first one.
  private static func otherParts(
    of path: String, _ first: GGUFHeader
  ) throws(LlamaError) -> [GGUFHeader] {
    guard first.partCount > 1 else { return [] }
    guard first.partIndex == 0 else {
      throw LlamaError(
        .modelUnsupported,
        "\(path) is part \(first.partIndex + 1) of \(first.partCount); name the first part, "
          + "\(partSuffix(0, of: first.partCount))")
    }
    let suffix = partSuffix(0, of: first.partCount)
    guard path.hasSuffix(suffix), path.utf8.count > suffix.utf8.count else {
      throw LlamaError(
        .modelUnsupported,
        "\(path) is the first of \(first.partCount) parts; its name must end in \(suffix), and the "
          + "other parts must lie beside it")
    }
    var parts: [GGUFHeader] = []
    for index in 1..<first.partCount {
      let name = part(index, of: first.partCount, beside: path)
      let part = try GGUFHeader.read(path: name)
      guard part.partIndex == index, part.partCount == first.partCount else {
        throw LlamaError(
          .modelDamaged,
          "\(name) says that it is part \(part.partIndex + 1) of \(part.partCount), not "
            + "\(index + 1) of \(first.partCount)")
      }
      parts.append(part)
    }
    return parts
  }

  /// The file of a part, where `first` is that of the first one.
  private static func part(_ index: Int, of count: Int, beside first: String) -> String {
    first.dropLast(partSuffix(0, of: count).count) + partSuffix(index, of: count)
  }

  private static func partSuffix(_ index: Int, of count: Int) -> String {
    func digits(_ number: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
    return "-\(digits(index + 1))-of-\(digits(count)).gguf"
  }
}
