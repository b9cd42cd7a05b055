import Foundation
import Testing

/// The program as a person has it: on a terminal of its own.
final class PseudoTerminal {
  private let master: Int32
  private var child: pid_t = 0
  /// All that was shown.
  private(set) var shown = ""
  private var seen = ""
  private var isStuck = false

  init(_ arguments: [String], environment: [String: String]) throws {
    master = try Self.openMaster()
    var name = [CChar](repeating: 0, count: 128)
    try #require(Self.call("ptsname_r", master, &name, name.count) == 0)
    // The session's first terminal becomes its controlling one, so that Ctrl-C is a signal.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    let newSession: Int16 = 0x80
    posix_spawnattr_setflags(&attributes, newSession)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    for descriptor in Int32(0)...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, name, O_RDWR, 0)
    }
    defer {
      posix_spawnattr_destroy(&attributes)
      posix_spawn_file_actions_destroy(&actions)
    }
    // What other tests have open is not for this child.
    for descriptor in Int32(3)..<1024 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    let program = try Runner.program.path
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    var variables =
      ProcessInfo.processInfo.environment.merging(environment) { $1 }
      .map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (words + variables).forEach { free($0) } }
    try #require(posix_spawn(&child, program, &actions, &attributes, &words, &variables) == 0)
  }

  deinit {
    // Hangs up: a program that still runs ends.
    close(master)
  }

  func type(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(master, $0.baseAddress, $0.count) }
  }

  /// Reads until `text` is shown after what was waited for before.
  func wait(for text: String) throws {
    while true {
      if let range = seen.range(of: text) {
        seen = String(seen[range.upperBound...])
        return
      }
      guard read() else {
        Issue.record("waited for \(text) in vain: \(shown.suffix(2000))")
        throw CancellationError()
      }
    }
  }

  /// Reads to the program's end.
  ///
  /// - Returns: its exit status.
  func finish() throws -> Int32 {
    while read() {}
    // It has ended, or is stuck and hears that the terminal hung up.
    kill(child, SIGKILL)
    var status: Int32 = 0
    try #require(waitpid(child, &status, 0) == child)
    return status & 0x7f == 0 ? status >> 8 : -1
  }

  /// Shows more; false at the end, or where nothing comes for twenty seconds.
  private func read() -> Bool {
    var wanted = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&wanted, 1, 20_000) == 1 else {
      isStuck = true
      return false
    }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Foundation.read(master, &bytes, bytes.count)
    guard count > 0 else { return false }
    // Carriage return and newline would be one character.
    let carriageReturn = UInt8(ascii: "\r")
    let text = String(decoding: bytes[..<count].filter { $0 != carriageReturn }, as: UTF8.self)
    shown += text
    seen += text
    return true
  }

  private static func openMaster() throws -> Int32 {
    let master = call("posix_openpt", O_RDWR | O_NOCTTY)
    try #require(master >= 0 && call("grantpt", master) == 0 && call("unlockpt", master) == 0)
    return master
  }

  // The C library's module leaves these out.

  private static func call(_ name: String, _ argument: Int32) -> Int32 {
    typealias Function = @convention(c) (Int32) -> Int32
    return unsafeBitCast(dlsym(dlopen(nil, RTLD_NOW), name), to: Function.self)(argument)
  }

  private static func call(
    _ name: String, _ argument: Int32, _ bytes: UnsafeMutablePointer<CChar>, _ count: Int
  ) -> Int32 {
    typealias Function = @convention(c) (Int32, UnsafeMutablePointer<CChar>, Int) -> Int32
    return unsafeBitCast(dlsym(dlopen(nil, RTLD_NOW), name), to: Function.self)(
      argument, bytes, count)
  }
}
