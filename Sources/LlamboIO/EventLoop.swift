import CSystem

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One thread's sockets, timers and signals. Everything registered here is called on the thread
/// that calls `run`, one thing at a time.
package final class EventLoop {
  package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Readiness(rawValue: UInt32(CSYSTEM_READABLE))
    package static let writable = Readiness(rawValue: UInt32(CSYSTEM_WRITABLE))
    package static let hangup = Readiness(rawValue: UInt32(CSYSTEM_HANGUP))
  }

  /// A descriptor's place in the loop. The kernel's event carries place and generation, so that an
  /// event for a descriptor that went in the same turn reaches nobody else.
  struct Registration: Equatable {
    var place: Int
    var generation: UInt32
    var key: UInt64 { UInt64(generation) << 32 | UInt64(place) }
  }

  private struct Place {
    var generation: UInt32 = 0
    var descriptor: Int32 = -1
    var handler: ((Readiness) -> Void)?
  }

  private let poller: Descriptor
  private var places: [Place] = []
  private var freePlaces: [Int] = []
  private var timers = TimerHeap()
  private var endOfTurn: [() -> Void] = []
  private var nextTurn: [() -> Void] = []
  private var running = false
  private var signals: Descriptor?

  /// What one read fits in; whoever reads takes it out before the next one.
  let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)

  /// Monotonic milliseconds, as of the start of this turn.
  package private(set) var now: Int64

  package init() throws(SystemError) {
    let number = csystem_poller_create()
    guard number >= 0 else { throw SystemError("create an event poller") }
    poller = Descriptor(owning: number)
    now = EventLoop.clock()
  }

  deinit { readBuffer.deallocate() }

  /// Monotonic milliseconds.
  package static func clock() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  // MARK: Running

  /// Serves until `stop`.
  package func run() {
    running = true
    var events = [csystem_event](repeating: csystem_event(), count: 256)
    // What was written before leaves now, not after the first event.
    finishTurn()
    while running {
      let count = csystem_poller_wait(
        poller.number, &events, Int32(events.count),
        nextTurn.isEmpty ? timers.timeout(at: EventLoop.clock()) : 0)
      now = EventLoop.clock()
      let bodies = nextTurn
      nextTurn.removeAll(keepingCapacity: true)
      for body in bodies { body() }
      for event in events.prefix(Int(max(0, count))) { dispatch(event) }
      while let body = timers.popDue(at: now) { body() }
      finishTurn()
    }
  }

  package func stop() { running = false }

  /// Calls `body` when all events of this turn are handled, so that writes can be gathered.
  func atEndOfTurn(_ body: @escaping () -> Void) { endOfTurn.append(body) }

  /// Calls `body` in the next turn, which comes at once: between the two others have theirs.
  func atNextTurn(_ body: @escaping () -> Void) { nextTurn.append(body) }

  private func finishTurn() {
    while !endOfTurn.isEmpty {
      let bodies = endOfTurn
      endOfTurn.removeAll(keepingCapacity: true)
      for body in bodies { body() }
    }
  }

  private func dispatch(_ event: csystem_event) {
    let place = Int(truncatingIfNeeded: event.key & 0xffff_ffff)
    guard places[place].generation == UInt32(truncatingIfNeeded: event.key >> 32) else { return }
    places[place].handler?(Readiness(rawValue: event.readiness))
  }

  // MARK: Descriptors

  func register(
    _ descriptor: Int32, for interest: Readiness, _ handler: @escaping (Readiness) -> Void
  ) throws(SystemError) -> Registration {
    if freePlaces.isEmpty {
      freePlaces.append(places.count)
      places.append(Place())
    }
    let place = freePlaces.removeLast()
    let registration = Registration(place: place, generation: places[place].generation)
    guard
      csystem_poller_add(poller.number, descriptor, interest.rawValue, registration.key) == 0
    else {
      freePlaces.append(place)
      throw SystemError("watch a descriptor")
    }
    places[place].descriptor = descriptor
    places[place].handler = handler
    return registration
  }

  func change(_ registration: Registration, to interest: Readiness) {
    let descriptor = places[registration.place].descriptor
    guard places[registration.place].generation == registration.generation else { return }
    _ = csystem_poller_change(poller.number, descriptor, interest.rawValue, registration.key)
  }

  /// Must come before the descriptor is closed.
  func remove(_ registration: Registration) {
    let place = registration.place
    guard places[place].generation == registration.generation else { return }
    _ = csystem_poller_remove(poller.number, places[place].descriptor)
    places[place].generation &+= 1
    places[place].handler = nil
    freePlaces.append(place)
  }

  // MARK: Timers

  /// Calls `body` once, `delay` milliseconds from now or soon after.
  @discardableResult
  package func schedule(after delay: Int64, _ body: @escaping () -> Void) -> TimerID {
    timers.insert(at: EventLoop.clock() + max(0, delay), body)
  }

  /// Calls `body` every `interval` milliseconds for as long as it returns true.
  package func schedule(every interval: Int64, _ body: @escaping () -> Bool) {
    schedule(after: interval) { [weak self] in
      if body() { self?.schedule(every: interval, body) }
    }
  }

  package func cancel(_ timer: TimerID) { timers.cancel(timer) }

  // MARK: Other threads and signals

  /// A handle with which other threads call `body` on this loop's thread; calls that come close
  /// together become one.
  package func makeWaker(_ body: @escaping () -> Void) throws(SystemError) -> Waker {
    let waker = try Waker()
    let number = waker.number
    _ = try register(number, for: .readable) { _ in
      csystem_wake_clear(number)
      body()
    }
    return waker
  }

  /// From here on SIGINT, SIGTERM, SIGHUP and SIGCHLD call `body` with their number and do
  /// nothing else. Call it before other threads start, for they inherit what is blocked.
  package func onSignal(_ body: @escaping (Int32) -> Void) throws(SystemError) {
    let number = csystem_signals_create()
    guard number >= 0 else { throw SystemError("receive signals") }
    signals = Descriptor(owning: number)
    _ = try register(number, for: .readable) { _ in
      while case let signal = csystem_signals_next(number), signal != 0 { body(signal) }
    }
  }
}

/// Wakes an event loop from any thread.
package final class Waker: Sendable {
  private let descriptor: Descriptor
  var number: Int32 { descriptor.number }

  init() throws(SystemError) {
    let number = csystem_wake_create()
    guard number >= 0 else { throw SystemError("create a wake-up descriptor") }
    descriptor = Descriptor(owning: number)
  }

  package func wake() { csystem_wake_send(number) }
}
