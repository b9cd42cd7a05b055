import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Ctrl-C: it stops the answer, not the program.
enum Interrupt {
  private static let flag = Atomic(false)

  /// From here on Ctrl-C is noted, and ends a wait for input. Before, it ends the program.
  static func catchSignals() {
    flag.store(false, ordering: .relaxed)
    var action = sigaction()
    let note: @convention(c) (Int32) -> Void = { _ in
      Interrupt.flag.store(true, ordering: .relaxed)
    }
    #if canImport(Glibc)
    action.__sigaction_handler.sa_handler = note
    #else
    action.__sigaction_u.__sa_handler = note
    #endif
    sigaction(SIGINT, &action, nil)
    // Whoever started the program may have blocked it.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    // A reader that has left shows in what writing returns.
    signal(SIGPIPE, SIG_IGN)
  }

  static var isWanted: Bool { flag.load(ordering: .relaxed) }

  /// Whether Ctrl-C was pressed since the last call.
  static func take() -> Bool { flag.exchange(false, ordering: .relaxed) }
}
