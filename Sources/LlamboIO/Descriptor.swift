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
