import LlamboIO
import LlamboTerminal

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A program that has this one's terminal until it ends.
enum ForegroundProcess {
  enum End: Equatable {
    case status(Int32)
    case signal(Int32)

    /// As a shell has it.
    var code: Int32 {
      switch self {
      case .status(let status): status
      case .signal(let signal): 128 + signal
      }
    }
  }

  /// Runs it with this process's output and environment, and waits for its end.
  ///
  /// - Parameter readsInput: it has this process's standard input too; otherwise an empty one.
  static func run(
    _ path: String, _ arguments: [String], readsInput: Bool
  ) throws(SystemError) -> End {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    if !readsInput { posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) }
    // What this process catches or ignores ends the other one, as in a shell.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGINT)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, path, &actions, &attributes, &words, environ)
    guard failure == 0 else { throw SystemError("start \(path)", code: failure) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      guard errno == EINTR else { throw SystemError("wait for \(path)") }
      // Ctrl-C was for that program, which has the same terminal.
      _ = Interrupt.take()
    }
    let signal = status & 0x7f
    return signal == 0 ? .status(status >> 8 & 0xff) : .signal(signal)
  }
}
