#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Tells a file's content from what another time was, or came, in its place: by device, inode, size
/// and time of modification, without reading it.
package struct FileVersion: Sendable, Equatable {
  private let place: [UInt64]
  private let size: Int64
  private let seconds: Int
  private let nanoseconds: Int

  /// Of the file that a path, or a link there, leads to; nil where there is none.
  package init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    place = [UInt64(status.st_dev), UInt64(status.st_ino)]
    size = Int64(status.st_size)
    #if canImport(Glibc)
    let modified = status.st_mtim
    #else
    let modified = status.st_mtimespec
    #endif
    seconds = modified.tv_sec
    nanoseconds = modified.tv_nsec
  }
}
