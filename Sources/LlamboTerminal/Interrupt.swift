import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Ctrl-C: it stops the answer, not the program.
package enum Interrupt {
  private static let flag = Atomic(false)

  /// Microseconds until a wait that the signal missed is interrupted again: one that began between
  /// the look at the flag and the system's call would not end otherwise.
  private static let again = 20_000

  /// From here on Ctrl-C is noted, and ends a wait for input. Before, it ends the program.
  package static func catchSignals() {
    flag.store(false, ordering: .relaxed)
    var action = sigaction()
    let note: @convention(c) (Int32) -> Void = { signal in
      if signal == SIGINT { Interrupt.flag.store(true, ordering: .relaxed) }
      Interrupt.setAlarm(Interrupt.isWanted ? Interrupt.again : 0)
    }
    #if canImport(Glibc)
    action.__sigaction_handler.sa_handler = note
    #else
    action.__sigaction_u.__sa_handler = note
    #endif
    sigaction(SIGINT, &action, nil)
    sigaction(SIGALRM, &action, nil)
    // Whoever started the program may have blocked them.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGALRM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    // A reader that has left shows in what writing returns.
    signal(SIGPIPE, SIG_IGN)
  }

  package static var isWanted: Bool { flag.load(ordering: .relaxed) }

  /// Whether Ctrl-C was pressed since the last call.
  package static func take() -> Bool {
    defer { setAlarm(0) }
    return flag.exchange(false, ordering: .relaxed)
  }

  private static func setAlarm(_ microseconds: Int) {
    let delay = timeval(tv_sec: 0, tv_usec: numericCast(microseconds))
    var timer = itimerval(it_interval: timeval(), it_value: delay)
    #if canImport(Glibc)
    setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer, nil)
    #else
    setitimer(ITIMER_REAL, &timer, nil)
    #endif
  }
}
