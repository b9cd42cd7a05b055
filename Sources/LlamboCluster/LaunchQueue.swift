/// Nodes that wait for their process, the one due first in front; of one time, in the order in
/// which they came: a binary heap.
struct LaunchQueue: Sendable {
  struct Entry: Sendable {
    let due: Milliseconds
    let order: UInt64
    let node: String

    func isBefore(_ other: Entry) -> Bool { (due, order) < (other.due, other.order) }
  }

  private var heap: [Entry] = []
  private var order: UInt64 = 0

  var first: Entry? { heap.first }

  mutating func insert(_ node: String, due: Milliseconds) {
    order += 1
    heap.append(Entry(due: due, order: order, node: node))
    var place = heap.count - 1
    while place > 0, heap[place].isBefore(heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func popFirst() -> Entry? {
    guard let first = heap.first else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
      if least == place { return first }
      heap.swapAt(place, least)
      place = least
    }
  }
}
