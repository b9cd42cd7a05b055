import LlamboCluster

/// Something that is to happen at a time.
enum Occurrence {
  /// The orchestrator's timer.
  case tick
  /// A line on its way to the orchestrator arrives, or one to a worker.
  case up(link: Int)
  case down(link: Int)
  /// A worker's process dials.
  case dial(worker: Int)
  /// A worker decodes one batch.
  case turn(worker: Int)
  /// A worker looks whether its lease is over.
  case lease(worker: Int)
  /// The grace of a worker that was told to stop is over.
  case graceEnds(worker: Int)
  case exit(worker: Int)
  /// One that is a fault.
  case untimelyExit(worker: Int)
  /// A launcher's word to the orchestrator that asked for it.
  case report(Event, orchestrator: Int)
  case persist(orchestrator: Int)
  case arrival
  case cancel(request: Int)
  case fault(Fault)
  case orchestratorStarts
}

/// What is to happen, the earliest first; of one time, what was put in first.
struct EventHeap {
  struct Entry {
    let due: Milliseconds
    let order: UInt64
    let occurrence: Occurrence

    @inline(__always)
    func isBefore(_ other: Entry) -> Bool {
      due < other.due || due == other.due && order < other.order
    }
  }

  private var entries: [Entry] = []
  private var order: UInt64 = 0

  var nextDue: Milliseconds? { entries.first?.due }

  mutating func put(_ occurrence: Occurrence, at due: Milliseconds) {
    order += 1
    entries.append(Entry(due: due, order: order, occurrence: occurrence))
    var place = entries.count - 1
    let entry = entries[place]
    while place > 0 {
      let parent = (place - 1) >> 1
      guard entry.isBefore(entries[parent]) else { break }
      entries[place] = entries[parent]
      place = parent
    }
    entries[place] = entry
  }

  mutating func take() -> Entry? {
    guard let first = entries.first else { return nil }
    let last = entries.removeLast()
    let count = entries.count
    if count > 0 {
      var place = 0
      while true {
        var child = 2 * place + 1
        guard child < count else { break }
        if child + 1 < count, entries[child + 1].isBefore(entries[child]) { child += 1 }
        guard entries[child].isBefore(last) else { break }
        entries[place] = entries[child]
        place = child
      }
      entries[place] = last
    }
    return first
  }
}
