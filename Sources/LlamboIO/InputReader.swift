#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads what comes from a pipe or a terminal, on the thread of its event loop.
package final class InputReader {
  private let loop: EventLoop
  private let number: Int32
  private var owned: Descriptor?
  private var registration: EventLoop.Registration?
  private let onBytes: (Span<UInt8>) -> Void
  private let onEnd: () -> Void

  /// Takes over the reading end of a pipe.
  ///
  /// - Parameter onEnd: called once, when nobody is left who could write.
  package init(
    _ descriptor: consuming Descriptor, loop: EventLoop,
    onBytes: @escaping (Span<UInt8>) -> Void, onEnd: @escaping () -> Void
  ) throws(SystemError) {
    self.loop = loop
    number = descriptor.number
    owned = consume descriptor
    self.onBytes = onBytes
    self.onEnd = onEnd
    try begin()
  }

  /// Watches standard input for its end alone. It is not closed.
  ///
  /// - Throws: `EPERM` where it is a file or `/dev/null`, which ends by no one's doing.
  package init(ofStandardInput loop: EventLoop, onEnd: @escaping () -> Void) throws(SystemError) {
    self.loop = loop
    number = STDIN_FILENO
    onBytes = { _ in }
    self.onEnd = onEnd
    do throws(SystemError) {
      try begin()
    } catch {
      throw SystemError(
        "watch standard input", code: error.code, hint: "--tied needs a pipe or a terminal there")
    }
  }

  deinit { stop() }

  private func begin() throws(SystemError) {
    registration = try loop.register(number, for: .readable) { [weak self] _ in self?.read() }
  }

  package func stop() {
    if let registration { loop.remove(registration) }
    registration = nil
    owned = nil
  }

  private func read() {
    let count = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 << 14) { buffer in
      let count = retrying { Glibc.read(number, buffer.baseAddress, buffer.count) }
      if count > 0 {
        onBytes(UnsafeBufferPointer(rebasing: buffer[..<count]).span)
      }
      return count
    }
    guard count == 0 || (count < 0 && errno != EAGAIN) else { return }
    stop()
    onEnd()
  }
}
