/// A queue that also takes entries at its front: every operation is O(1), growth aside.
struct Deque<Element>: Sendable where Element: Sendable {
  /// A ring; its length is a power of two.
  private var ring: [Element?] = []
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }
  var first: Element? { count == 0 ? nil : ring[head] }
  var last: Element? { count == 0 ? nil : ring[place(count - 1)] }

  mutating func append(_ element: Element) {
    makeRoom()
    ring[place(count)] = element
    count += 1
  }

  mutating func prepend(_ element: Element) {
    makeRoom()
    head = place(ring.count - 1)
    ring[head] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    defer {
      ring[head] = nil
      head = place(1)
      count -= 1
    }
    return ring[head]
  }

  mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    let end = place(count - 1)
    defer {
      ring[end] = nil
      count -= 1
    }
    return ring[end]
  }

  private func place(_ offset: Int) -> Int { (head + offset) & (ring.count - 1) }

  private mutating func makeRoom() {
    guard count == ring.count else { return }
    var larger = [Element?](repeating: nil, count: max(8, ring.count * 2))
    for offset in 0..<count { larger[offset] = ring[place(offset)] }
    ring = larger
    head = 0
  }
}
