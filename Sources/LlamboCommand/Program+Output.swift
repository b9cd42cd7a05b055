#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Program {
  /// Writes to standard output at once; false where nobody reads it any more.
  package static func put(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let part = UnsafeBufferPointer(rebasing: rest)
        #if canImport(Glibc)
        let count = Glibc.write(STDOUT_FILENO, part.baseAddress, part.count)
        #else
        let count = Darwin.write(STDOUT_FILENO, part.baseAddress, part.count)
        #endif
        if count < 0 {
          if errno == EINTR { continue }
          return false
        }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  /// Text of a model as a terminal may see it: without the control characters that would move its
  /// cursor or change its title. Elsewhere it stays as it is.
  package static func harmless(_ text: String) -> String {
    guard isTerminal(STDOUT_FILENO) else { return text }
    var kept = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
      kept.append(isControl && scalar != "\n" && scalar != "\t" ? "\u{fffd}" : scalar)
    }
    return String(kept)
  }
}
