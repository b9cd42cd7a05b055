import Glibc

/// A program that a test started. What it writes goes to files, which can be read at any time.
final class RunningProgram {
  enum End: Equatable {
    case status(Int32)
    case signal(Int32)
  }

  let pid: pid_t
  private let outputPath: String
  private let errorPath: String
  private var end: End?

  /// - Parameters:
  ///   - input: a file that becomes its standard input.
  ///   - files: where its standard output and error go, without `.out` and `.err`.
  init(
    _ path: String, _ arguments: [String], environment: [String], input: String, files: String,
    folder: String
  ) throws {
    outputPath = files + ".out"
    errorPath = files + ".err"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    let writing = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 1, outputPath, writing, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errorPath, writing, 0o600)
    // `env` becomes the program itself, in that folder.
    var strings = (["env", "-C", folder, path] + arguments).map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for string in strings + variables { free(string) } }
    // The thread that runs a test may have signals blocked; a program of a shell has none.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var pid: pid_t = 0
    let failure = posix_spawnp(&pid, "env", &actions, &attributes, &strings, &variables)
    guard failure == 0 else {
      throw NeverHappened(description: "start of \(path): \(String(cString: strerror(failure)))")
    }
    self.pid = pid
  }

  var output: String { File.text(outputPath) }
  var errors: String { File.text(errorPath) }

  func signal(_ number: Int32) { _ = kill(pid, number) }

  var hasEnded: Bool {
    if end != nil { return true }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return false }
    let signal = status & 0x7f
    end = signal == 0 ? .status(status >> 8 & 0xff) : .signal(signal)
    return true
  }

  func waitForEnd(within seconds: Double = 30) throws -> End {
    try until("the end of process \(pid), which wrote: \(errors)", within: seconds) { hasEnded }
    return end!
  }

  /// Waits for a line on standard error that contains `text`, and returns it.
  func waitForLine(_ text: String, within seconds: Double = 30) throws -> String {
    var found: String?
    try until("a line with \"\(text)\" in: \(errors)", within: seconds) {
      found = errors.split(separator: "\n").first { $0.contains(text) }.map(String.init)
      return found != nil || hasEnded
    }
    guard let found else {
      throw NeverHappened(description: "a line with \"\(text)\"; it ended with: \(errors)")
    }
    return found
  }
}
