import Glibc

/// Where the things under test are.
enum Programs {
  /// The folder of the programs that this build made, which is the test program's own.
  static let folder: String = {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8($0) }, as: UTF8.self)
    return String(own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex))
  }()

  static var worker: String { folder + "/llambo-worker" }
  static var orchestrator: String { folder + "/llambo-orchestrator" }
  static var llamboctl: String { folder + "/llamboctl" }
  static var limbotCLI: String { folder + "/limbot-cli" }

  static let checkout = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()
  static let model = checkout + "/models/llambo-tiny"
}
