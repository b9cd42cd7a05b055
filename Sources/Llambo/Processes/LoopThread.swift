import LlamaRunner
import LlamboIO
import Synchronization

/// The library's one thread for sockets, pipes and timers, so that none of Swift's own threads ever
/// waits for one. It is made when it is first needed, and stays.
final class LoopThread: SerialExecutor {
  private static let made = Mutex<LoopThread?>(nil)

  /// For code that runs on this thread, which is what `LoopActor` isolates.
  fileprivate nonisolated(unsafe) let loop: EventLoop
  private let jobs = Mutex<[UnownedJob]>([])
  private let waker = Mutex<Waker?>(nil)
  private let thread = Mutex<Thread?>(nil)

  private init() throws(SystemError) { loop = try EventLoop() }

  /// Makes the thread, unless it is there. To be called before anything that `LoopActor` isolates.
  ///
  /// - Throws: `system_failed` where the system has no descriptors or no thread left.
  static func start() throws(LlamboError) {
    let failure = made.withLock { made -> LlamboError? in
      if made != nil { return nil }
      do throws(SystemError) {
        made = try begun()
        return nil
      } catch {
        return LlamboError(error)
      }
    }
    if let failure { throw failure }
  }

  private static func begun() throws(SystemError) -> LoopThread {
    let new = try LoopThread()
    let waker = try new.loop.makeWaker { [unowned new] in new.runJobs() }
    new.waker.withLock { $0 = waker }
    let isRunning = new.thread.withLock { thread in
      thread = Thread(stackSize: 1 << 20) { new.loop.run() }
      return thread != nil
    }
    guard isRunning else { throw SystemError("start a thread") }
    return new
  }

  /// Whether anything may live there.
  static var isStarted: Bool { made.withLock { $0 != nil } }

  /// The thread that `start` made.
  static var current: LoopThread {
    guard let thread = made.withLock({ $0 }) else {
      preconditionFailure("LoopThread.start() comes first")
    }
    return thread
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let wasEmpty = jobs.withLock { jobs in
      defer { jobs.append(job) }
      return jobs.isEmpty
    }
    if wasEmpty { waker.withLock { $0?.wake() } }
  }

  private func runJobs() {
    let due = jobs.withLock { jobs in
      defer { jobs = [] }
      return jobs
    }
    for job in due { job.runSynchronously(on: asUnownedSerialExecutor()) }
  }

  func checkIsolated() {
    precondition(thread.withLock { $0?.isCurrent ?? false }, "not on the loop's thread")
  }
}

/// What lives on the loop's thread. Its functions may call each other and the event loop freely.
@globalActor actor LoopActor {
  static let shared = LoopActor()

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    LoopThread.current.asUnownedSerialExecutor()
  }
}

extension LoopActor {
  @LoopActor static var loop: EventLoop { LoopThread.current.loop }

  /// Waits for some milliseconds; the thread serves others meanwhile.
  @LoopActor static func pause(_ milliseconds: Int64) async {
    await withCheckedContinuation { continuation in
      loop.schedule(after: milliseconds) { continuation.resume() }
    }
  }

  /// Looks again and again, a few milliseconds apart, until `isDone` or the time is over.
  ///
  /// - Returns: whether it came to be.
  /// - Throws: what `isDone` throws, and `cancelled` when the task is.
  @LoopActor static func wait(
    within limit: Duration, _ isDone: @LoopActor () async throws(LlamboError) -> Bool
  ) async throws(LlamboError) -> Bool {
    let deadline = EventLoop.clock() + limit.boundedMilliseconds
    while true {
      if try await isDone() { return true }
      if Task.isCancelled { throw .taskCancelled }
      guard EventLoop.clock() < deadline else { return false }
      await pause(20)
    }
  }
}

extension Duration {
  /// Whole milliseconds that a line or a timer can hold: from 0 to about 24 days.
  var boundedMilliseconds: Int64 {
    let most = Int64(Int32.max)
    guard self < .milliseconds(most) else { return most }
    return max(0, Int64(self / .milliseconds(1)))
  }
}
