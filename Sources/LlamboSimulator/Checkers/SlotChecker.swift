import LlamboCluster
import LlamboWire

/// Books of every slot, kept from what goes in and out of the cluster, and held against its own.
///
/// A request is served by one link at a time. A link that was told to give it up holds its slot
/// until it has let go.
struct SlotChecker: Sendable {
  /// By request: the link that serves it, or -1.
  private var servers: [Int] = []
  /// By link: the requests that hold a slot of it.
  private var held: [[Int]] = []
  /// By request: the links that hold a slot for it.
  private var holders: [Int] = []
  private var total = 0

  mutating func submitted() {
    servers.append(-1)
    holders.append(0)
  }

  mutating func opened() { held.append([]) }

  mutating func sent(_ request: Int, on link: Int, _ violations: inout Violations) {
    if servers[request] >= 0 {
      violations.add(
        .oneNodeAtATime,
        "request \(request + 1) is sent on link \(link + 1), and link \(servers[request] + 1) "
          + "serves it")
    }
    if held[link].contains(request) {
      violations.add(
        .oneNodeAtATime,
        "request \(request + 1) is sent on link \(link + 1), which has an attempt at it already")
      return
    }
    servers[request] = link
    held[link].append(request)
    holders[request] += 1
    total += 1
  }

  /// The cluster told the worker to let go of a request that its client still wants.
  mutating func givenUp(_ request: Int, on link: Int) {
    if servers[request] == link { servers[request] = -1 }
  }

  /// The worker has let go of a request.
  mutating func released(_ request: Int, on link: Int) {
    guard let place = held[link].firstIndex(of: request) else { return }
    held[link].remove(at: place)
    holders[request] -= 1
    total -= 1
    if servers[request] == link { servers[request] = -1 }
  }

  /// Everything on a link is gone with it.
  mutating func closed(_ link: Int) {
    while let request = held[link].last { released(request, on: link) }
  }

  mutating func orchestratorDied() { for link in held.indices { closed(link) } }

  func isIdle(_ link: Int) -> Bool { held[link].isEmpty }
  func isServed(_ request: Int) -> Bool { servers[request] >= 0 }
  func isHeld(_ request: Int) -> Bool { holders[request] > 0 }
  func holds(_ request: Int, on link: Int) -> Bool { held[link].contains(request) }

  func check(_ cluster: Cluster, _ violations: inout Violations) {
    var sum = 0
    for node in cluster.nodes {
      let count = node.running.count
      sum += count
      if count > 0, let slots = node.hello?.slots, count > slots {
        violations.add(.slotBound, "\(node.id) runs \(count) requests in \(slots) slots")
      }
      guard let link = node.link else {
        if count > 0 {
          violations.add(.slotsConserved, "\(node.id) runs \(count) requests without a link")
        }
        continue
      }
      let sent = held[Int(link.number) - 1].count
      if count != sent {
        violations.add(.slotsConserved, "\(node.id) counts \(count) requests, and has \(sent)")
      }
    }
    if sum != total || cluster.running != total {
      violations.add(
        .slotsConserved,
        "\(total) slots are held, the nodes count \(sum), the cluster \(cluster.running)")
    }
  }
}
