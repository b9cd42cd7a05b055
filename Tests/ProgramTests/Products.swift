import Foundation

/// The programs that this build made.
enum Products {
  /// The test program's own folder.
  static let folder: String = {
    let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    return own.deletingLastPathComponent().path
  }()

  /// Variables that would change what a program does; set but empty counts as unset.
  private static let none = Dictionary(
    uniqueKeysWithValues: [
      "CLUSTER_CONFIG", "LLAMBO_ROOT", "LLAMBO_CLUSTER_ID", "LLAMBO_ORCHESTRATOR", "NO_COLOR",
    ].map { ($0, "") })

  /// Runs a program to its end, with nothing to read and no terminal.
  static func run(
    _ words: [String], in scratch: Scratch, environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String, errors: String) {
    try Tool.run(
      "\(folder)/\(words[0])", Array(words.dropFirst()), folder: scratch.folder,
      environment: none.merging(environment) { $1 })
  }

  /// Runs a line of bash in which the programs are on PATH.
  static func bash(
    _ line: String, in scratch: Scratch, environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String, errors: String) {
    let path = "\(folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    return try Tool.run(
      "/bin/bash", ["--norc", "-c", line], folder: scratch.folder,
      environment: none.merging(["PATH": path]) { $1 }.merging(environment) { $1 })
  }
}
