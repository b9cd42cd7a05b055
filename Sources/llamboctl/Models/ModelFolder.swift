import LlamaRunner
import LlamboCommand
import LlamboJSON

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The folder of models: `NAME/model.json` with `NAME/QUANTIZATION/FILE.gguf`, and loose `.gguf` files.
struct ModelFolder {
  /// What a download is called until it is whole.
  static let partial = ".partial"

  let path: String

  /// What can be said of one model.
  struct Entry {
    /// What a node type's `model` names it by.
    let name: String
    /// The `model.json`, or the file.
    let path: String
    let metadata: ModelMetadata?
    let header: GGUFHeader?
    /// Why it cannot be used; nil where its header and its description agree.
    let problem: String?
  }

  /// All models, by name; those that cannot be used as well.
  func entries() throws(ControlError) -> [Entry] {
    let names = try Self.names(in: path)
    return names.compactMap { name in
      let full = "\(path)/\(name)"
      if name.hasSuffix(".gguf") { return Self.entry(String(name.dropLast(5)), full) }
      guard access("\(full)/model.json", F_OK) != 0 else { return Self.entry(name, full) }
      let inside = (try? Self.names(in: full)) ?? []
      guard inside.contains(where: { $0.hasSuffix(Self.partial) }) else { return nil }
      return Entry(
        name: name, path: full, metadata: nil, header: nil, problem: "its download is unfinished")
    }
  }

  private static func entry(_ name: String, _ path: String) -> Entry {
    var metadata: ModelMetadata?
    var header: GGUFHeader?
    do throws(LlamaError) {
      if !path.hasSuffix(".gguf") { metadata = try ModelMetadata.load(from: path) }
      let found = try GGUFHeader.readWhole(path: metadata?.modelPath ?? path)
      header = found
      try metadata?.compare(with: found)
      return Entry(name: name, path: path, metadata: metadata, header: header, problem: nil)
    } catch {
      return Entry(
        name: name, path: path, metadata: metadata, header: header, problem: error.description)
    }
  }

  /// The path of a model: as it is written where it is one, else of that name here.
  func find(_ wanted: String) throws(ControlError) -> String {
    if wanted.contains("/") || wanted.hasSuffix(".gguf") || wanted.hasSuffix(".json") {
      return wanted
    }
    for path in ["\(path)/\(wanted)", "\(path)/\(wanted).gguf"] where access(path, F_OK) == 0 {
      return path
    }
    throw ControlError(
      "there is no model \(wanted) in \(path): llamboctl models list shows which there are",
      .dataError)
  }

  /// The names in a folder, in order; none where there is no folder.
  private static func names(in folder: String) throws(ControlError) -> [String] {
    guard let directory = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw ControlError("cannot read \(folder): \(String(cString: strerror(errno)))", .osError)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}

extension ModelFolder.Entry {
  /// For programs.
  var json: JSON {
    func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    func number(_ value: Int?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }
    return [
      "name": .string(name), "title": text(metadata?.name ?? header?.name), "path": .string(path),
      "architecture": text(header?.architecture),
      "parameters": number(header.map { Int($0.parameterCount) }),
      "quantization": text(header?.quantization),
      "size": number(header.map { Int($0.fileSize) }),
      "context_length": number(contextLength), "problem": text(problem),
    ]
  }

  /// For people, as columns of `ModelFolder.head`.
  var row: [String] {
    guard let header else { return [name, "-", "-", "-", "-", "-", problem ?? ""] }
    return [
      name, header.architecture, Magnitude.count(header.parameterCount),
      header.quantization ?? "unknown", Magnitude.bytes(header.fileSize),
      contextLength.map { Terminal.grouped($0) } ?? "-", problem ?? "sound",
    ]
  }

  private var contextLength: Int? { metadata?.contextLength ?? header?.contextLength }
}

extension ModelFolder {
  static let head = [
    "NAME", "ARCHITECTURE", "PARAMETERS", "QUANTIZATION", "SIZE", "CONTEXT", "STATE",
  ]
}

/// Large numbers as people say them.
enum Magnitude {
  /// 1876543 as "1.9M".
  static func count(_ number: UInt64) -> String {
    scaled(Double(number), [("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)]) ?? "\(number)"
  }

  /// 2123456 as "2.1 MB".
  static func bytes(_ number: UInt64) -> String {
    scaled(Double(number), [(" TB", 1e12), (" GB", 1e9), (" MB", 1e6), (" kB", 1e3)])
      ?? "\(number) B"
  }

  private static func scaled(_ number: Double, _ units: [(String, Double)]) -> String? {
    guard let (unit, size) = units.first(where: { number >= $0.1 * 0.99995 }) else { return nil }
    let value = number / size
    if value >= 99.95 { return "\(Int(value.rounded()))\(unit)" }
    return "\((value * 10).rounded() / 10)\(unit)"
  }
}
