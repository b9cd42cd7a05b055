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
    // Links with a free slot, by type, and those of types that no request can name.
    var free = [[Int]](repeating: [], count: types.count + 1)
    for place in cluster.nodes.indices
    where cluster.nodes[place].running.count < cluster.nodes[place].slots {
      let type = cluster.nodes[place].type
      let line = types.firstIndex(of: type) ?? types.count
      free[line].append(Int(cluster.nodes[place].link!.number) - 1)
    }
    let all = free.reduce(0) { $0 + $1.count }
    guard all > 0 else { return }
    var waiting = 0
    var neglected = 0
    /// Whether a line waits behind somebody that cannot go where a slot is free.
    var isBlocked = false
    for request in oldest..<wishes.count where wishes[request].isOpen {
      let type = wishes[request].type
      guard !slots.isServed(request) else { continue }
      waiting += 1
      let suitable = type < 0 ? all : free[type].count
      var unfit = 0
      if slots.isHeld(request) {
        for (line, links) in free.enumerated() where type < 0 || type == line {
          unfit += links.count { slots.holds(request, on: $0) }
        }
      }
      if unfit > 0 { isBlocked = true }
      if suitable > unfit { neglected += 1 }
    }
    // Some wait for the retry budget, or for news of the node that they were on.
    let inQueue = cluster.queued - cluster.pacing
    if !isBlocked, neglected > waiting - inQueue {
      violations.add(
        .noIdleSlotBesideQueue,
        "\(inQueue) requests wait, \(neglected) of them beside a free slot that would do")
    }
  }
}
