/// Names a timer, to cancel it.
package struct TimerID: Hashable, Sendable {
  let number: UInt64
}

/// Timers by due time: a binary heap, and the bodies of those not cancelled.
struct TimerHeap {
  private struct Entry {
    var due: Int64
    var number: UInt64

    /// Timers due at one time fire in the order they were made.
    static func < (left: Entry, right: Entry) -> Bool {
      (left.due, left.number) < (right.due, right.number)
    }
  }

  private var heap: [Entry] = []
  private var bodies: [UInt64: () -> Void] = [:]
  private var made: UInt64 = 0

  mutating func insert(at due: Int64, _ body: @escaping () -> Void) -> TimerID {
    made += 1
    bodies[made] = body
    heap.append(Entry(due: due, number: made))
    siftUp(heap.count - 1)
    return TimerID(number: made)
  }

  mutating func cancel(_ timer: TimerID) {
    bodies[timer.number] = nil
    // Cancelled entries leave the heap when they come due, or here when they outnumber the rest.
    if heap.count > 64, heap.count > 2 * bodies.count {
      heap = heap.filter { bodies[$0.number] != nil }.sorted(by: <)
    }
  }

  /// Takes a timer that is due; nil when there is none.
  mutating func popDue(at now: Int64) -> (() -> Void)? {
    while let first = heap.first, first.due <= now {
      removeFirst()
      if let body = bodies.removeValue(forKey: first.number) { return body }
    }
    return nil
  }

  /// Milliseconds to wait for the next timer, -1 for none.
  func timeout(at now: Int64) -> Int32 {
    guard let first = heap.first else { return -1 }
    return Int32(clamping: max(0, first.due - now))
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var at = 0
    while true {
      var least = at
      for child in [2 * at + 1, 2 * at + 2] where child < heap.count && heap[child] < heap[least] {
        least = child
      }
      if least == at { return }
      heap.swapAt(at, least)
      at = least
    }
  }

  private mutating func siftUp(_ start: Int) {
    var at = start
    while at > 0, heap[at] < heap[(at - 1) / 2] {
      heap.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }
}
