#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension ClusterConfig {
  /// Reads a configuration file, and what the environment says instead of it.
  ///
  /// - Throws: also where the file cannot be read, is no regular file, or is larger than
  ///   `ConfigLimits.fileBytes`.
  package static func load(_ path: String) throws(ConfigError) -> ClusterConfig {
    var config = try parse(bytes(of: path), file: path)
    try config.take { name in getenv(name).map { String(cString: $0) } }
    return config
  }

  /// The first file that a node type's model may name, by `modelCandidates`.
  ///
  /// - Parameter isFile: whether a path is a file that can be read.
  package func modelPath(
    of type: NodeType, isFile: (String) -> Bool = isReadableFile
  ) throws(ConfigError) -> String {
    let candidates = modelCandidates(type.resources.model)
    if let found = candidates.first(where: isFile) { return found }
    throw ConfigError(
      ConfigProblem(
        code: .modelNotFound, file: file,
        message: "no file for model \"\(type.resources.model)\" of node type \"\(type.name)\"",
        hint: "looked for \(candidates.joined(separator: ", "))"))
  }

  /// The paths that a model's name may stand for, the likeliest first: the file itself, a folder
  /// with a `model.json`, or the name without its `.gguf`; beside the configuration file and
  /// then in `models/` there.
  package func modelCandidates(_ model: String) -> [String] {
    let isComplete = model.hasSuffix(".gguf") || model.hasSuffix(".json")
    let folders = model.hasPrefix("/") ? [""] : [folder, joined(folder, "models")]
    return folders.flatMap { folder in
      let path = joined(folder, model)
      return isComplete ? [path] : ["\(path)/model.json", "\(path).gguf", path]
    }
  }

  /// The path leads to a regular file that this process may read.
  package static func isReadableFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && access(path, R_OK) == 0
  }

  /// The file as it is.
  ///
  /// - Throws: where it cannot be read or is no regular file. Of a file larger than
  ///   `ConfigLimits.fileBytes`, the beginning comes back.
  package static func bytes(of path: String) throws(ConfigError) -> [UInt8] {
    func unreadable(_ message: String) -> ConfigError {
      ConfigError(ConfigProblem(code: .unreadable, file: path, message: message))
    }
    // Not blocking, so that a pipe without a writer is refused rather than waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw unreadable("cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw unreadable("is not a regular file")
    }
    var bytes: [UInt8] = []
    let limit = ConfigLimits.fileBytes + 1
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < limit {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw unreadable("cannot be read: \(String(cString: strerror(errno)))")
      }
      bytes += chunk.prefix(count)
    }
    return bytes
  }
}
