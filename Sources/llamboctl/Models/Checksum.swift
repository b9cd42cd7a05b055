import LlamboCommand
import LlamboIO

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The SHA-256 that a file must have.
struct Checksum {
  private let digits: String

  /// - Throws: where the option is given and is no SHA-256.
  init?(_ arguments: Arguments) throws(ControlError) {
    guard let text = arguments.text(ifGiven: "--sha256") else { return nil }
    digits = text.lowercased()
    guard digits.utf8.count == 64, digits.allSatisfy(\.isHexDigit) else {
      throw ControlError("--sha256 must be 64 hexadecimal digits, not \"\(text)\"", .usage)
    }
  }

  /// - Parameter name: what errors call the file; its path unless given.
  /// - Throws: where the file has another one, or cannot be read.
  func check(_ path: String, name: String? = nil) throws(ControlError) {
    let found = try Self.hash(of: path)
    guard found == digits else {
      throw ControlError(
        "\(name ?? path) has the SHA-256 \(found), not \(digits): it is damaged, or another file",
        .dataError)
    }
  }

  private static func hash(of path: String) throws(ControlError) -> String {
    guard let file = fopen(path, "rb") else {
      throw ControlError("cannot read \(path): \(String(cString: strerror(errno)))", .osError)
    }
    defer { fclose(file) }
    var hash = SHA256()
    withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
      while case let count = fread(buffer.baseAddress, 1, buffer.count, file), count > 0 {
        hash.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
    guard ferror(file) == 0 else {
      throw ControlError("cannot read \(path): \(String(cString: strerror(errno)))", .osError)
    }
    return hash.finish()
  }
}
