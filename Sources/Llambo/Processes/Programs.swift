import LlamboIO

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where Llambo's programs are.
enum Programs {
  /// The path of a program: in the folder that is given; else beside the running program; else
  /// where `./deploy.sh compile` leaves it in the checkout that `LLAMBO_ROOT` names.
  ///
  /// - Throws: `launch_failed`, saying where it was looked for.
  static func find(_ name: String, in folder: String?) throws(LlamboError) -> String {
    var folders: [String] = []
    if let folder {
      folders = [folder]
    } else {
      if let beside = try? ChildProcess.sibling(name) { return beside }
      folders = ["this program's folder"]
      if let root = getenv("LLAMBO_ROOT").map({ String(cString: $0) }), !root.isEmpty {
        folders.append("\(root)/.build/release")
      }
    }
    for folder in folders where access("\(folder)/\(name)", X_OK) == 0 {
      return "\(folder)/\(name)"
    }
    throw LlamboError(
      .launchFailed,
      "there is no \(name) in \(folders.joined(separator: " or ")): build it with "
        + "./deploy.sh compile, and name its folder as programs, or the checkout as LLAMBO_ROOT")
  }

  /// The path without links and relative parts, for a program that may work elsewhere.
  ///
  /// - Throws: `model_not_found`.
  static func absolute(_ path: String) throws(LlamboError) -> String {
    guard let resolved = realpath(path, nil) else {
      throw LlamboError(.modelNotFound, "\(path): \(String(cString: strerror(errno)))")
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
