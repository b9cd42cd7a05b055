#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Wakes one thread: signals that come while it does not wait are remembered as one.
final class Wake: Sendable {
  // POSIX wants these two at one address for their whole life.
  private nonisolated(unsafe) let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(
    capacity: 1)
  private nonisolated(unsafe) let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(
    capacity: 1)
  /// Guarded by `mutex`.
  private nonisolated(unsafe) var signalled = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func signal() {
    pthread_mutex_lock(mutex)
    signalled = true
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Waits for a signal and forgets it.
  func wait() {
    pthread_mutex_lock(mutex)
    while !signalled { pthread_cond_wait(condition, mutex) }
    signalled = false
    pthread_mutex_unlock(mutex)
  }
}
