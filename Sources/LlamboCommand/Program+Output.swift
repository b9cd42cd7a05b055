import Synchronization

#if canImport(Glibc)
@preconcurrency import Glibc
#else
@preconcurrency import Darwin
#endif

extension Program {
  /// Why the first text was lost that `put` was to write; 0 where none was.
  private static let loss = Atomic<Int32>(0)

  /// Writes to standard output at once; false where nobody reads it any more, or it cannot be
  /// written, which `end` says then.
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
          _ = loss.compareExchange(expected: 0, desired: errno, ordering: .relaxed)
          return false
        }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  /// Writes out what is printed.
  ///
  /// - Returns: the system's number for why something that was printed or put is lost; nil where nothing
  ///   is, or its reader went away and so wanted no more.
  static func lossOfOutput() -> Int32? {
    // An earlier write may have failed of which the last one knows nothing.
    let isPrinted = fflush(nil) == 0 && ferror(stdout) == 0
    let reason = isPrinted ? loss.load(ordering: .relaxed) : errno == 0 ? EIO : errno
    return reason == 0 || reason == EPIPE ? nil : reason
  }

  /// Gives the standard descriptors that the process was started without to nobody: nothing can be read
  /// from them or written to them. Else the next file or connection would become one of them, and get
  /// what is printed.
  static func occupyStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest free number is this one, for those below it are taken by now.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
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
