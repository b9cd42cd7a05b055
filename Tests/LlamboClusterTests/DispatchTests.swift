import LlamboWire
import Testing

@testable import LlamboCluster

struct DispatchTests {
  @Test func roundRobinTakesTurns() {
    let stage = Stage(nodes: 3) { $0.strategy = .roundRobin }
    let links = stage.bringUp(slots: 4)
    let chosen = (0..<9).map { _ in stage.place() }
    #expect(chosen == (0..<9).map { links[$0 % 3] })
  }

  @Test func roundRobinPassesOverANodeThatIsFull() {
    let stage = Stage(nodes: 2) { $0.strategy = .roundRobin }
    _ = stage.handle(.started)
    let small = stage.newLink()
    let large = stage.newLink()
    _ = stage.handle(.hello(small, stage.hello("worker-0001", epoch: 101, slots: 1)))
    _ = stage.handle(.hello(large, stage.hello("worker-0002", epoch: 102, slots: 4)))
    #expect((0..<5).map { _ in stage.place() } == [small, large, large, large, large])
  }

  @Test func leastLoadedComparesShares() {
    let stage = Stage(nodes: 2)
    _ = stage.handle(.started)
    let small = stage.newLink()
    let large = stage.newLink()
    _ = stage.handle(.hello(small, stage.hello("worker-0001", epoch: 101, slots: 2)))
    _ = stage.handle(.hello(large, stage.hello("worker-0002", epoch: 102, slots: 6)))
    var counts: [LinkID: Int] = [:]
    for _ in 0..<4 { counts[stage.place()!, default: 0] += 1 }
    #expect(counts == [small: 1, large: 3])
    for _ in 0..<4 { counts[stage.place()!, default: 0] += 1 }
    #expect(counts == [small: 2, large: 6])
    #expect(stage.place() == nil)
  }

  @Test func equallyLoadedNodesTakeTurns() {
    let stage = Stage(nodes: 4)
    let links = stage.bringUp(slots: 2)
    let first = (0..<4).map { _ in stage.place()! }
    #expect(Set(first) == Set(links))
  }

  @Test func randomReachesEveryNodeAboutAsOften() {
    let stage = Stage(nodes: 4, seed: 7) { $0.strategy = .random }
    let links = stage.bringUp(slots: 1)
    var counts: [LinkID: Int] = [:]
    for _ in 0..<4000 {
      let (request, directives) = stage.submit()
      for case .send(_, let link) in directives {
        counts[link, default: 0] += 1
        _ = stage.handle(.finished(request, link))
      }
    }
    for link in links { #expect((900...1100).contains(counts[link] ?? 0), "\(counts)") }
  }

  @Test func theSameSeedChoosesTheSameNodes() {
    func choices(_ seed: UInt64) -> [LinkID?] {
      let stage = Stage(nodes: 5, seed: seed) { $0.strategy = .random }
      _ = stage.bringUp(slots: 10)
      return (0..<40).map { _ in stage.place() }
    }
    #expect(choices(1) == choices(1))
    #expect(choices(1) != choices(2))
  }

  // MARK: The queue

  @Test func whoWaitsIsServedInOrder() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    let requests = (0..<4).map { _ in stage.submit().request }
    for (earlier, later) in zip(requests, requests.dropFirst()) {
      #expect(stage.handle(.finished(earlier, link)) == [.send(later, link)])
    }
    #expect(stage.handle(.finished(requests[3], link)) == [])
    #expect(stage.cluster.counters.finished == 4)
  }

  @Test func whoComesWhileNodesStartWaits() {
    let stage = Stage()
    let launches = stage.handle(.started)
    let (request, directives) = stage.submit()
    #expect(directives == [])
    _ = stage.answer(launches)
    #expect(stage.cluster.isServed(request, by: LinkID(1)))
  }

  @Test func aFullQueueRefuses() {
    let stage = Stage { $0.queueLimit = 2 }
    _ = stage.bringUp()
    for _ in 0..<3 { #expect(stage.submit().directives.failures == []) }
    #expect(stage.submit().directives.failures == [.queueFull])
    #expect(stage.cluster.queued == 2)
  }

  @Test func withoutAQueueAFreeSlotIsStillGiven() {
    let stage = Stage { $0.queueLimit = 0 }
    _ = stage.bringUp()
    #expect(stage.place() == LinkID(1))
    #expect(stage.submit().directives.failures == [.queueFull])
  }

  @Test func aClusterWithoutNodesRefuses() {
    let stage = Stage(nodes: 0)
    _ = stage.handle(.started)
    #expect(stage.submit().directives.failures == [.noNodes])
  }

  @Test func aNodeThatJoinsTakesAsManyAsItHasSlots() {
    let stage = Stage()
    let launches = stage.handle(.started)
    let requests = (0..<5).map { _ in stage.submit().request }
    _ = stage.answer(launches, slots: 3)
    #expect(
      requests.map { stage.cluster.isServed($0, by: LinkID(1)) }
        == [true, true, true, false, false])
    #expect(stage.cluster.queued == 2)
  }
}
