#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where a program remembers the lines that a person typed, for that person alone.
package struct HistoryFile: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  /// `llambo/NAME` in `$XDG_STATE_HOME`, or in `~/.local/state`; nil where neither is known.
  package init?(named name: String) {
    func folder(_ variable: String) -> String? {
      getenv(variable).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    guard let state = folder("XDG_STATE_HOME") ?? folder("HOME").map({ $0 + "/.local/state" })
    else { return nil }
    path = state + "/llambo/" + name
  }

  /// Makes the folders that lead to it, for their owner alone.
  func makeFolder() {
    var folder = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      folder += part + "/"
      mkdir(folder, 0o700)
    }
  }
}
