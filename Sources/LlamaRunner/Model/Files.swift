#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The few questions that the room asks the file system.
enum Files {
  enum Kind: Equatable {
    /// A regular file of so many bytes.
    case file(size: UInt64)
    case folder
    case other
  }

  /// What `path` names, through links; nil with `errno` set where it names nothing.
  static func kind(_ path: String) -> Kind? {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    switch info.st_mode & S_IFMT {
    case S_IFREG: return .file(size: UInt64(info.st_size))
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  /// The first bytes of a file, at most `limit`; nil with `errno` set where it cannot be read.
  static func read(_ path: String, limit: Int) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = fread(buffer.baseAddress, 1, limit, file)
    }
    return ferror(file) == 0 ? bytes : nil
  }

  /// The system's words for the error of the last call.
  static var lastError: String { String(cString: strerror(errno)) }

  /// The folder part of a path, "." where it has none.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
