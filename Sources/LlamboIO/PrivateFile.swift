#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A file that only this user may read, in a folder that others may write to, such as `/tmp`.
///
/// Symbolic links are not followed, and a file of another user is refused, so that nobody can
/// plant a file there to have it read or overwritten.
package struct PrivateFile: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  /// Replaces the content as a whole: a reader sees the old one or the new one.
  ///
  /// - Parameter mode: permission bits; others may read it only where they say so.
  package func replace(with bytes: [UInt8], mode: mode_t = 0o600) throws(SystemError) {
    try checkOwner()
    let temporary = "\(path).\(getpid())"
    unlink(temporary)
    let number = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw SystemError("write \(path)") }
    let descriptor = Descriptor(owning: number)
    do throws(SystemError) {
      try write(bytes, to: descriptor)
      guard fchmod(descriptor.number, mode) == 0 else { throw SystemError("write \(path)") }
      guard rename(temporary, path) == 0 else { throw SystemError("replace \(path)") }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// The whole content; nil where there is no file.
  package func read() throws(SystemError) -> [UInt8]? {
    do throws(SystemError) {
      return try content(of: opened())
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
  }

  private func content(of descriptor: borrowing Descriptor) throws(SystemError) -> [UInt8] {
    let number = descriptor.number
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = retrying { Glibc.read(number, &chunk, chunk.count) }
      guard count >= 0 else { throw SystemError("read \(path)") }
      if count == 0 { return content }
      content += chunk[..<count]
    }
  }

  /// - Throws: where `read` would throw before its first byte.
  package func checkReadable() throws(SystemError) { _ = try opened() }

  /// Opens it to write at its end, and makes it where there is none.
  package func openForAppending() throws(SystemError) -> Descriptor {
    try checkOwner()
    let number = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw unusable() }
    return Descriptor(owning: number)
  }

  package func remove() { unlink(path) }

  package var exists: Bool { access(path, F_OK) == 0 }

  package var isOfAnotherUser: Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_uid != geteuid()
  }

  /// Holds an exclusive lock on the file for as long as the result lives; nil where another
  /// process holds it.
  package func lock() throws(SystemError) -> Descriptor? {
    try checkOwner()
    let number = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw unusable() }
    let descriptor = Descriptor(owning: number)
    guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
      guard errno == EWOULDBLOCK else { throw SystemError("lock \(path)") }
      return nil
    }
    return descriptor
  }

  private func opened() throws(SystemError) -> Descriptor {
    let number = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard number >= 0 else { throw unusable() }
    let descriptor = Descriptor(owning: number)
    var status = stat()
    guard fstat(descriptor.number, &status) == 0 else { throw SystemError("read \(path)") }
    try check(status)
    return descriptor
  }

  private func write(_ bytes: [UInt8], to descriptor: borrowing Descriptor) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      let number = descriptor.number
      let count = bytes.withUnsafeBytes { bytes in
        retrying { Glibc.write(number, bytes.baseAddress! + written, bytes.count - written) }
      }
      guard count >= 0 else { throw SystemError("write \(path)") }
      written += count
    }
  }

  private func checkOwner() throws(SystemError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      guard errno == ENOENT else { throw unusable() }
      return
    }
    try check(status)
  }

  private func check(_ status: stat) throws(SystemError) {
    guard status.st_mode & S_IFMT == S_IFREG else { throw unusable(ELOOP) }
    guard status.st_uid == geteuid() else { throw unusable(EPERM) }
  }

  private func unusable(_ code: Int32 = errno) -> SystemError {
    SystemError(
      "use \(path)", code: code,
      hint: isOfAnotherUser
        ? "it is another user's: name a regular file of your own"
        : code == ELOOP
          ? "it must be a regular file of your own; remove it or name another one" : nil)
  }
}
