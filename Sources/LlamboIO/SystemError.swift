#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A call to the operating system that failed, in a person's words.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The system's own number, such as `EADDRINUSE`.
  package let code: Int32
  /// What was attempted: "listen on 127.0.0.1:9000".
  package let attempt: String
  /// What a person can do about it, where that is known.
  package let hint: String?

  package init(_ attempt: String, code: Int32 = errno, hint: String? = nil) {
    self.code = code
    self.attempt = attempt
    self.hint = hint
  }

  package var description: String {
    let reason = "cannot \(attempt): \(String(cString: strerror(code)))"
    return hint.map { "\(reason); \($0)" } ?? reason
  }
}

/// Repeats a call that a signal interrupted.
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}
