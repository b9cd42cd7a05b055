import Glibc
import Testing

/// Something that a test waited for and that did not come to be.
struct NeverHappened: Error, CustomStringConvertible {
  let description: String
}

/// Looks again and again until `condition` holds.
///
/// - Parameters:
///   - what: what is waited for, in words that follow "not within 30 s:".
///   - seconds: generous, for the machine may be busy; nothing is concluded from it.
func until(
  _ what: @autoclosure () -> String, within seconds: Double = 30, _ condition: () throws -> Bool
) throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while try !condition() {
    guard ContinuousClock.now < deadline else {
      throw NeverHappened(description: "not within \(seconds) s: \(what())")
    }
    poll(nil, 0, 10)
  }
}

/// Looks again and again for `seconds`, and records an issue should `condition` cease to hold.
func throughout(
  _ seconds: Double, _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () throws -> Bool
) rethrows {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < deadline {
    guard try condition() else {
      Issue.record("no longer: \(what)", sourceLocation: sourceLocation)
      return
    }
    poll(nil, 0, 10)
  }
}

/// A figure for whoever reads the test's output; nothing depends on it.
func report(_ figure: String) { print("SystemTests: \(figure)") }

extension Duration {
  var milliseconds: Int { Int(self / .milliseconds(1)) }
}

/// A process that stands still.
enum Stopped {
  /// Stops a process for the time of `body`.
  static func during(_ pid: pid_t, _ body: () throws -> Void) rethrows {
    kill(pid, SIGSTOP)
    defer { kill(pid, SIGCONT) }
    try body()
  }
}
