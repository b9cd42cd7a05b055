import LlamboCluster

/// Nobody waits beside a free slot that would do.
struct IdleChecker: Sendable {
  private struct Wish: Sendable {
    /// The only type that would do, as a place in the settings' list; -1 where any would.
    let type: Int
    var isOpen = true
  }

  private let types: [String]
  private var wishes: [Wish] = []
  /// The first that may be open.
  private var oldest = 0

  init(types: [String]) { self.types = types }

  mutating func submitted(type: Int) { wishes.append(Wish(type: type)) }
  mutating func ended(_ request: Int) { wishes[request].isOpen = false }

  mutating func orchestratorDied() { for request in wishes.indices { ended(request) } }

  mutating func check(
    _ cluster: Cluster, _ slots: SlotChecker, _ violations: inout Violations
  ) {
    while oldest < wishes.count, !wishes[oldest].isOpen { oldest += 1 }
    guard cluster.queued > 0 else { return }
    let free = cluster.nodes.filter { $0.running.count < $0.slots }
    guard !free.isEmpty else { return }
    var waiting = 0
    var neglected = 0
    /// Types whose line waits behind somebody that cannot go where a slot is free.
    var blocked: Set<Int> = []
    for request in oldest..<wishes.count where wishes[request].isOpen {
      let type = wishes[request].type
      guard !slots.isServed(request) else { continue }
      waiting += 1
      let suitable = free.filter { type < 0 || $0.type == types[type] }
      let fit = suitable.filter { !slots.holds(request, on: Int($0.link!.number) - 1) }
      if fit.count < suitable.count { blocked.insert(type) }
      if !fit.isEmpty { neglected += 1 }
    }
    // Some wait for the retry budget, or for news of the node that they were on.
    let inQueue = cluster.queued - cluster.pacing
    if blocked.isEmpty, neglected > waiting - inQueue {
      violations.add(
        .noIdleSlotBesideQueue,
        "\(inQueue) requests wait, \(neglected) of them beside a free slot that would do")
    }
  }
}
