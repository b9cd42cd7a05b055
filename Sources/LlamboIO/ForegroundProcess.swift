import CSystem

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A program that has this process's terminal until it ends.
package enum ForegroundProcess {
  package enum End: Equatable, Sendable {
    case status(Int32)
    case signal(Int32)

    /// As a shell has it.
    package var code: Int32 {
      switch self {
      case .status(let status): status
      case .signal(let signal): 128 + signal
      }
    }
  }

  /// Runs a program with this process's output and environment, and waits for its end; no shell is
  /// involved. What a person types at it, such as Ctrl-C, is not meant for this process, as in
  /// system(3).
  ///
  /// - Parameters:
  ///   - words: the program, which is looked up in PATH, and its arguments.
  ///   - readsInput: it has this process's standard input too; otherwise an empty one.
  package static func run(_ words: [String], readsInput: Bool = true) throws(SystemError) -> End {
    guard let program = words.first, !words.contains(where: { $0.utf8.contains(0) }) else {
      throw SystemError("start a program", code: EINVAL)
    }
    let strings = words.map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    var interrupt = sigaction()
    var quit = sigaction()
    sigaction(SIGINT, nil, &interrupt)
    sigaction(SIGQUIT, nil, &quit)
    signal(SIGINT, SIG_IGN)
    signal(SIGQUIT, SIG_IGN)
    defer {
      sigaction(SIGINT, &interrupt, nil)
      sigaction(SIGQUIT, &quit, nil)
    }
    let pid = csystem_spawn(
      program, strings, readsInput ? CSYSTEM_OWN : CSYSTEM_EMPTY, CSYSTEM_OWN, CSYSTEM_OWN, false)
    guard pid > 0 else { throw SystemError("start \(program)") }
    var status: Int32 = 0
    guard retrying({ waitpid(pid, &status, 0) }) == pid else {
      throw SystemError("wait for \(program)")
    }
    let signal = status & 0x7f
    return signal == 0 ? .status(status >> 8 & 0xff) : .signal(signal)
  }
}
