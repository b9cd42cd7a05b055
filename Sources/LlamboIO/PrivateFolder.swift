#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A folder that only this user can enter, in one that others may write to, such as `/tmp`.
package struct PrivateFolder: Sendable {
  package let path: String

  /// Makes the folder where it is not there.
  ///
  /// - Throws: where it is a link, no folder, another user's, or open to others.
  package init(making path: String) throws(SystemError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("create \(path)") }
    try self.init(path)
  }

  /// A folder that is there.
  package init(_ path: String) throws(SystemError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw SystemError("use \(path)") }
    guard
      status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o077 == 0
    else {
      throw SystemError(
        "use \(path)", code: EPERM,
        hint: "it must be a folder of your own that nobody else can enter; remove it")
    }
    self.path = path
  }

  /// A new folder of a name that nobody has, in `TMPDIR` or `/tmp`.
  package init(temporary prefix: String) throws(SystemError) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let wanted = "\(parent.isEmpty ? "/tmp" : parent)/\(prefix)-XXXXXX"
    var template = Array(wanted.utf8CString)
    // mkdtemp(3) gives it mode 0700.
    guard mkdtemp(&template) != nil else { throw SystemError("create \(wanted)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A file in it.
  ///
  /// - Parameter name: one name, without a slash.
  package func file(_ name: String) -> PrivateFile { PrivateFile("\(path)/\(name)") }

  /// Bytes of all files in it.
  package var byteCount: Int { statuses.reduce(0) { $0 + Int($1.status.st_size) } }

  /// Removes files that were last written more than so many seconds ago.
  package func removeFiles(olderThan seconds: Int) {
    let end = time(nil) - seconds
    for (path, status) in statuses where status.modified < end { unlink(path) }
  }

  /// Removes the files in it, and the folder.
  package func remove() {
    for (path, _) in statuses { unlink(path) }
    rmdir(path)
  }

  private var statuses: [(path: String, status: stat)] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var statuses: [(String, stat)] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      var status = stat()
      let file = "\(path)/\(name)"
      if lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
        statuses.append((file, status))
      }
    }
    return statuses
  }
}

extension stat {
  fileprivate var modified: Int {
    #if canImport(Glibc)
    st_mtim.tv_sec
    #else
    st_mtimespec.tv_sec
    #endif
  }
}
