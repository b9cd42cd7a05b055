#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A thread of the system's that runs one closure. It is joined, or detached with `deinit`.
package struct Thread: ~Copyable, @unchecked Sendable {
  private let id: pthread_t

  fileprivate final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts the thread; nil where the system makes none.
  ///
  /// - Parameter stackSize: in bytes.
  package init?(stackSize: Int, _ run: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    let body = Unmanaged.passRetained(Body(run))
    #if canImport(Glibc)
    var id = pthread_t()
    let result = pthread_create(&id, &attributes, { entry($0) }, body.toOpaque())
    #else
    var created: pthread_t?
    let result = pthread_create(&created, &attributes, { entry($0) }, body.toOpaque())
    #endif
    guard result == 0 else {
      body.release()
      return nil
    }
    #if !canImport(Glibc)
    guard let id = created else { return nil }
    #endif
    self.id = id
  }

  deinit { pthread_detach(id) }

  package var isCurrent: Bool { pthread_equal(id, pthread_self()) != 0 }

  /// Waits until the thread has ended.
  package consuming func join() {
    let id = id
    discard self
    pthread_join(id, nil)
  }
}

private func entry(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument else { return nil }
  Unmanaged<Thread.Body>.fromOpaque(argument).takeRetainedValue().run()
  return nil
}
