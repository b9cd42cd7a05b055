import LlamaRunner
import LlamboCommand
import LlamboIO
import LlamboJSON

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A model on its way into the folder: fetched or copied under another name, checked, and only then put
/// where it is found, with its `model.json` last.
struct ModelAddition {
  /// What was added.
  struct Added: CustomStringConvertible {
    let name: String
    let header: GGUFHeader
    let path: String

    var description: String {
      "\(name): \(header.architecture), \(Magnitude.count(header.parameterCount)) parameters, "
        + "\(header.quantization ?? "unknown quantization"), \(Magnitude.bytes(header.fileSize)), "
        + "in \(path)"
    }
  }

  private let source: ModelSource
  /// The source as it was given, which is what errors name.
  private let given: String
  private let name: String
  private let checksum: Checksum?
  private let folder: String
  private let file: String

  init(
    _ text: String, name: String?, checksum: Checksum?, to models: ModelFolder
  ) throws(ControlError) {
    source = try ModelSource(text)
    given = text
    let base = source.baseName
    let modelName = if let name { try ModelName(name) } else { try ModelName(ofFile: base) }
    self.name = modelName.text
    self.checksum = checksum
    folder = "\(models.path)/\(self.name)"
    // A file's name from elsewhere becomes part of a path only where it is plain.
    file = ((try? ModelName(base).text) ?? self.name) + ".gguf"
  }

  private var partial: String { "\(folder)/\(file)\(ModelFolder.partial)" }
  private var description: String { "\(folder)/model.json" }

  func run() throws(ControlError) -> Added {
    guard access(description, F_OK) != 0 else {
      throw ControlError(
        "there is a model \(name) already, in \(folder): choose another name with --name")
    }
    if case .file(let path) = source { _ = try header(of: path) }
    try makeFolder(folder)
    // Gone again where nothing comes of it.
    defer { rmdir(folder) }
    let lockFile = PrivateFile(partial + ".lock")
    let lock = try own { () throws(SystemError) in try lockFile.lock() }
    guard lock != nil else {
      throw ControlError("\(name) is being added by another llamboctl already", .unavailable)
    }
    defer { lockFile.remove() }
    switch source {
    case .file(let path): try FileCopy(path, to: partial).run()
    case .address(let address):
      if (try? checked()) == nil { try Download(address, to: partial).run() }
    }
    let header: GGUFHeader
    do throws(ControlError) {
      header = try checked()
    } catch {
      // Going on behind it would not mend it.
      unlink(partial)
      throw error
    }
    return try install(header)
  }

  /// The header of what was fetched.
  ///
  /// - Throws: where it is no whole model, or has another checksum than it must.
  private func checked() throws(ControlError) -> GGUFHeader {
    let header = try header(of: partial)
    if let checksum { try checksum.check(partial, name: given) }
    return header
  }

  private func header(of path: String) throws(ControlError) -> GGUFHeader {
    let header: GGUFHeader
    do throws(LlamaError) {
      header = try GGUFHeader.readWhole(path: path, name: given)
    } catch {
      throw ControlError("\(given) cannot be used: \(error)", .dataError)
    }
    guard header.partCount == 1 else {
      throw ControlError(
        "\(given) is part \(header.partIndex + 1) of \(header.partCount): models add takes whole "
          + "files, which llama.cpp's llama-gguf-split --merge makes of parts", .dataError)
    }
    return header
  }

  private func install(_ header: GGUFHeader) throws(ControlError) -> Added {
    let quantization = header.quantization ?? "unknown"
    try makeFolder("\(folder)/\(quantization)")
    let path = "\(folder)/\(quantization)/\(file)"
    guard rename(partial, path) == 0 else {
      throw ControlError("cannot put \(path) in its place: \(lastError)", .osError)
    }
    var members: [JSON.Member] = [
      .init("name", .string(header.name ?? name)),
      .init("path", .string("\(quantization)/\(file)")),
      .init("architecture", .string(header.architecture)),
      .init("parameters", .string(Magnitude.count(header.parameterCount))),
    ]
    if let quantization = header.quantization {
      members.append(.init("quantization", .string(quantization)))
    }
    if let length = header.contextLength, length > 0 {
      members.append(.init("context_length", .integer(Int64(length))))
    }
    let lines = members.map { "  \(JSON.string($0.name)): \($0.value)" }
    let text = "{\n\(lines.joined(separator: ",\n"))\n}\n"
    let file = PrivateFile(description)
    try own { () throws(SystemError) in try file.replace(with: Array(text.utf8)) }
    // As open to others as the model is.
    chmod(description, 0o644)
    return Added(name: name, header: header, path: path)
  }

  private func makeFolder(_ path: String) throws(ControlError) {
    let slashes = path.indices.filter { path[$0] == "/" && $0 > path.startIndex }
    for end in slashes + [path.endIndex] {
      let part = String(path[..<end])
      guard mkdir(part, 0o755) != 0, errno != EEXIST else { continue }
      throw ControlError("cannot make the folder \(part): \(lastError)", .osError)
    }
  }

  private func own<Value: ~Copyable>(
    _ body: () throws(SystemError) -> Value
  ) throws(ControlError) -> Value {
    do throws(SystemError) {
      return try body()
    } catch {
      throw ControlError(error.description, .osError)
    }
  }

  private var lastError: String { String(cString: strerror(errno)) }
}

/// A file copied, with its progress shown.
struct FileCopy {
  private static let chunk = 1 << 20

  private let source: String
  private let target: String

  init(_ source: String, to target: String) {
    self.source = source
    self.target = target
  }

  /// - Throws: where it cannot be read or written, or Ctrl-C comes; nothing is left then.
  func run() throws(ControlError) {
    var status = stat()
    guard stat(source, &status) == 0 else { throw failure("read", source) }
    let input = open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw failure("read", source) }
    let reading = Descriptor(owning: input)
    let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard output >= 0 else { throw failure("write", target) }
    let writing = Descriptor(owning: output)
    Interruption.begin()
    var progress = DownloadProgress(begun: 0)
    defer { progress.clear() }
    var copied: UInt64 = 0
    do throws(ControlError) {
      var bytes = [UInt8](repeating: 0, count: Self.chunk)
      while true {
        guard !Interruption.wasAsked else { throw ControlError("interrupted.", .interrupted) }
        let count = read(reading.number, &bytes, bytes.count)
        guard count >= 0 else { throw failure("read", source) }
        if count == 0 { return }
        guard write(writing.number, bytes, count) == count else { throw failure("write", target) }
        copied += UInt64(count)
        progress.show(copied, of: UInt64(status.st_size))
      }
    } catch {
      unlink(target)
      throw error
    }
  }

  private func failure(_ what: String, _ path: String) -> ControlError {
    ControlError("cannot \(what) \(path): \(String(cString: strerror(errno)))", .osError)
  }
}
