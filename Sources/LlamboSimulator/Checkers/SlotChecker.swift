import LlamboCluster
import LlamboWire

/// Books of every slot, kept from what goes in and out of the cluster, and held against its own.
struct SlotChecker: Sendable {
  /// By request: the link that it holds a slot of, or -1.
  private var holders: [Int] = []
  /// By link: how many requests hold a slot of it.
  private var held: [Int] = []
  private(set) var total = 0

  mutating func submitted() { holders.append(-1) }
  mutating func opened() { held.append(0) }

  mutating func sent(_ request: Int, on link: Int, _ violations: inout Violations) {
    if holders[request] >= 0 {
      violations.add(
        .oneNodeAtATime,
        "request \(request + 1) is sent on link \(link + 1) while link \(holders[request] + 1) runs it"
      )
      return
    }
    holders[request] = link
    held[link] += 1
    total += 1
  }

  /// The worker has let go of a request.
  mutating func released(_ request: Int, on link: Int) {
    guard holders[request] == link else { return }
    holders[request] = -1
    held[link] -= 1
    total -= 1
  }

  /// Everything on a link is gone with it.
  mutating func closed(_ link: Int) {
    guard held[link] > 0 else { return }
    for request in holders.indices where holders[request] == link { released(request, on: link) }
  }

  mutating func orchestratorDied() {
    for link in held.indices { held[link] = 0 }
    for request in holders.indices { holders[request] = -1 }
    total = 0
  }

  func check(_ cluster: Cluster, _ violations: inout Violations) {
    var sum = 0
    var free = 0
    for node in cluster.nodes {
      let count = node.running.count
      sum += count
      if count > 0, let slots = node.hello?.slots, count > slots {
        violations.add(.slotBound, "\(node.id) runs \(count) requests in \(slots) slots")
      }
      if count < node.slots { free += node.slots - count }
      guard let link = node.link else {
        if count > 0 {
          violations.add(.slotsConserved, "\(node.id) runs \(count) requests without a link")
        }
        continue
      }
      let place = Int(link.number) - 1
      if count != held[place] {
        violations.add(
          .slotsConserved, "\(node.id) counts \(count) requests, and \(held[place]) were sent")
      }
    }
    if sum != total {
      violations.add(.slotsConserved, "\(total) slots are held, and the nodes count \(sum)")
    }
    if free > 0, cluster.queued > 0 {
      violations.add(
        .noIdleSlotBesideQueue, "\(cluster.queued) requests wait beside \(free) free slots")
    }
  }
}
