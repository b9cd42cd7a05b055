import Testing

@testable import LlamboIO

struct TimerTests {
  private final class Fired { var numbers: [Int] = [] }

  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func timersFireByTimeAndThenByAgeUnlessCancelled(seed: UInt64) {
    var source = SeededSource(seed: seed)
    var heap = TimerHeap()
    var pending: [(due: Int64, number: Int, id: TimerID)] = []
    let fired = Fired()
    var expected: [Int] = []
    var now: Int64 = 0
    for number in 0..<600 {
      switch Int.random(in: 0..<10, using: &source) {
      case 0..<6:
        let due = now + Int64.random(in: 0...50, using: &source)
        pending.append((due, number, heap.insert(at: due) { fired.numbers.append(number) }))
      case 6..<9:
        if let place = pending.indices.randomElement(using: &source) {
          heap.cancel(pending.remove(at: place).id)
        }
      default:
        now += Int64.random(in: 0...40, using: &source)
        while let body = heap.popDue(at: now) { body() }
        expected += pending.filter { $0.due <= now }.sorted {
          ($0.due, $0.number) < ($1.due, $1.number)
        }
        .map(\.number)
        pending.removeAll { $0.due <= now }
      }
      // It may wake too early, for one that was cancelled, and never too late.
      let timeout = heap.timeout(at: now)
      if let next = pending.map(\.due).min() { #expect(0...(next - now) ~= Int64(timeout)) }
    }
    #expect(fired.numbers == expected, "seed \(seed)")
  }

  @Test func withoutTimersNothingIsDue() {
    var heap = TimerHeap()
    #expect(heap.timeout(at: 5) == -1)
    #expect(heap.popDue(at: .max) == nil)
  }

  @Test func aTimerFarAwayWaitsAsLongAsTheSystemCan() {
    var heap = TimerHeap()
    _ = heap.insert(at: .max) {}
    #expect(heap.timeout(at: 0) == .max)
  }

  @Test func aCancelledTimerNeedsNoRoomForLong() {
    var heap = TimerHeap()
    for _ in 0..<10_000 { heap.cancel(heap.insert(at: 1000) {}) }
    #expect(heap.timeout(at: 0) <= 1000)
    #expect(Mirror(reflecting: heap).descendant("heap").map { ($0 as? [Any])?.count ?? 0 }! <= 64)
  }

  // MARK: On a loop

  @Test func aLoopCallsItsTimersInOrder() throws {
    let loop = try EventLoop()
    var fired: [Int] = []
    // Made in the order of their times, which a pause in between cannot turn round then.
    loop.schedule(after: 0) { fired.append(0) }
    loop.schedule(after: 1) { fired.append(1) }
    loop.cancel(loop.schedule(after: 1) { fired.append(9) })
    loop.schedule(after: 2) {
      fired.append(2)
      loop.stop()
    }
    loop.run()
    #expect(fired == [0, 1, 2])
  }

  @Test func aRepeatedTimerEndsWhenItsBodySaysSo() throws {
    let loop = try EventLoop()
    var count = 0
    loop.schedule(every: 1) {
      count += 1
      if count == 3 { loop.schedule(after: 5) { loop.stop() } }
      return count < 3
    }
    loop.run()
    #expect(count == 3)
  }

  // MARK: From other threads

  @Test func aWakerReachesTheLoopFromAnotherThread() throws {
    let loop = try EventLoop()
    var wakes = 0
    let waker = try loop.makeWaker {
      wakes += 1
      loop.stop()
    }
    onAnotherThread { waker.wake() }
    loop.run()
    onAnotherThread { for _ in 0..<1000 { waker.wake() } }
    loop.run()
    #expect(wakes >= 2)
  }
}
