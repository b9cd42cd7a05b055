import CSystem

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A file descriptor that is closed once, when its owner goes.
package struct Descriptor: ~Copyable, Sendable {
  package let number: Int32

  /// Takes over an open descriptor.
  package init(owning number: Int32) { self.number = number }

  deinit { _ = close(number) }
}

/// Both ends of a pipe. A program that is started gets only what is handed to it.
package struct Pipe: ~Copyable {
  package let reading: Descriptor
  package let writing: Descriptor

  package init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    guard csystem_pipe(&ends) == 0 else { throw SystemError("create a pipe") }
    reading = Descriptor(owning: ends[0])
    writing = Descriptor(owning: ends[1])
  }

  /// Keeps the reading end alone.
  package consuming func keepReading() -> Descriptor { reading }

  /// Keeps the writing end alone.
  package consuming func keepWriting() -> Descriptor { writing }
}
