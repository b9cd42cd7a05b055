import LlamboSimulator
import LlamboWire
import Testing

@testable import LlamboCluster

/// What the cluster keeps in more than one place is the same everywhere, whenever the checkers look in
/// many runs in trouble.
@Suite struct ConsistencyTests {
  @Test func theClustersBooksAgree() {
    for seed in 2_001...2_300 as ClosedRange<UInt64> {
      var meddler = Meddler()
      meddler.inspect = { $0.contradictions }
      let outcome = Runs.of(seed, nodes: Int(seed % 5) + 1, meddler: meddler)
      #expect(outcome.violations.isEmpty, "\(outcome.report(lines: 40, fixesNodes: true))")
    }
  }

  @Test func aContradictionIsFound() {
    var meddler = Meddler()
    meddler.inspect = { $0.nodes.count > 1 ? ["more than one node"] : [] }
    let rules = Runs.of(1, nodes: 3, meddler: meddler).violations.map(\.rule)
    #expect(rules.contains(.consistent))
  }
}

extension Cluster {
  fileprivate var contradictions: [String] {
    var found: [String] = []
    func demand(_ holds: Bool, _ contradiction: @autoclosure () -> String) {
      if !holds { found.append(contradiction()) }
    }
    var held = 0
    var served = 0
    var counts = states.map { $0.map { _ in 0 } }
    for (place, node) in nodes.enumerated() {
      counts[node.group][node.state.index] += 1
      demand(placeByID[node.id] == place, "\(node.id) is not where its name says")
      if let link = node.link {
        demand(placeByLink[link] == place, "\(node.id) is not where its link says")
      }
      demand(node.state != .healthy || node.link != nil, "\(node.id) is healthy without a link")
      demand(node.prefillTokens >= 0, "\(node.id) counts \(node.prefillTokens) tokens of prompts")
      demand(
        node.prefillTokens == 0 || !node.running.isEmpty, "\(node.id) counts prompts it has not")
      held += node.running.count
      for request in node.running.members where requests[request]?.state.link == node.link {
        served += 1
        demand(requests[request]?.place == place, "\(request) is at another place")
      }
    }
    demand(counts == states, "nodes are counted by state as \(states), and are \(counts)")
    demand(held == running, "\(held) slots are held, not \(running)")
    demand(placeByLink.count == nodes.count { $0.link != nil }, "a link is lost")
    demand(placeByID.count == nodes.count, "a name is lost")
    demand(nodes.contains { $0.hasFreeSlot } == !free.isEmpty, "the index of free slots is wrong")

    let queued = requests.values.count { $0.state == .queued }
    let kept = requests.values.count { $0.isHeld }
    demand(served == requests.count - queued, "a request runs nowhere or twice")
    demand(queued == self.queued + kept, "\(queued) requests wait, not \(self.queued) and \(kept)")
    demand(pacedCount == requests.values.count { $0.isPaced }, "\(pacedCount) are not paced")
    return found
  }
}
