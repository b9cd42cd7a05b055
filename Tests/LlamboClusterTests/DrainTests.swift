import LlamboWire
import Testing

@testable import LlamboCluster

struct DrainTests {
  private static func drain(_ node: String, replace: Bool = false) -> Event {
    .drain(node: node, grace: 500, replace: replace)
  }

  @Test func aNodeThatDrainsIsToldAndGetsNothingNew() {
    let stage = Stage(nodes: 2) { $0.stopTimeout = 1000 }
    let links = stage.bringUp(slots: 4)
    #expect(
      stage.handle(Self.drain("worker-0001")) == [.stopNode(links[0], grace: 1500, move: 500)])
    #expect(stage.node("worker-0001")?.state.name == "draining")
    #expect(stage.node("worker-0001")?.slots == 0)
    #expect((0..<4).map { _ in stage.place() } == [links[1], links[1], links[1], links[1]])
    #expect(stage.place() == nil)
  }

  @Test func whatRunsMayFinishWithinTheGrace() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    _ = stage.handle(Self.drain("worker-0001"))
    #expect(stage.token(request, from: links[0]))
    #expect(stage.handle(.finished(request, links[0])) == [])
    #expect(stage.cluster.counters.finished == 1)
  }

  @Test func whatRunsAtTheEndOfTheGraceMovesWithItsJournal() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.token(request, from: links[0]))
    _ = stage.handle(Self.drain("worker-0001"))
    let directives = stage.run(500).filter { if case .ping = $0 { false } else { true } }
    #expect(directives == [.cancel(request, links[0]), .send(request, links[1])])
    // The old worker's last words are nobody's.
    #expect(!stage.token(request, from: links[0], index: 1))
    #expect(stage.handle(.finished(request, links[0])) == [])
    #expect(stage.token(request, from: links[1], index: 1))
    #expect(stage.cluster.counters.finished == 0)
  }

  @Test func aDrainedNodeLeavesAndIsNotReplaced() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    _ = stage.handle(Self.drain("worker-0001"))
    _ = stage.handle(.linkClosed(links[0]))
    #expect(stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "ended")) == [])
    #expect(stage.cluster.nodes.map(\.id) == ["worker-0002"])
    #expect(stage.cluster.counters.nodesLost == 0)
  }

  @Test func aDrainedNodeIsReplacedWhereThatIsWanted() {
    let stage = Stage(nodes: 2)
    _ = stage.bringUp()
    _ = stage.handle(Self.drain("worker-0001", replace: true))
    let end = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "ended"))
    #expect(end.launches.map(\.node) == ["worker-0001"])
    #expect(stage.cluster.counters.nodesLost == 0)
  }

  @Test func aNodeThatDoesNotEndAfterItsDrainIsKilled() {
    let stage = Stage { $0.stopTimeout = 1000 }
    let link = stage.bringUp()[0]
    _ = stage.handle(Self.drain("worker-0001"))
    let directives = stage.run(1500)
    #expect(directives == [.closeLink(link), .kill(node: "worker-0001", pid: 101)])
    #expect(stage.cluster.nodes.isEmpty)
  }

  @Test func theDrainOfANodeThatStartsKillsItsProcess() {
    let stage = Stage()
    _ = stage.handle(.started)
    #expect(stage.handle(Self.drain("worker-0001")) == [])
    #expect(
      stage.handle(.launched(node: "worker-0001", epoch: 101, pid: 7))
        == [.kill(node: "worker-0001", pid: 7)])
  }

  @Test func aSecondDrainChangesNothing() {
    let stage = Stage(nodes: 2)
    _ = stage.bringUp()
    _ = stage.handle(Self.drain("worker-0001"))
    #expect(stage.handle(Self.drain("worker-0001", replace: true)) == [])
    #expect(stage.handle(Self.drain("nobody")) == [])
    let end = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "ended"))
    #expect(end.launches.isEmpty)
  }

  @Test func aCancelledRequestOfADrainingNodeIsNotSentAnew() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    _ = stage.handle(.cancelled(request))
    _ = stage.handle(Self.drain("worker-0001"))
    #expect(stage.run(500).allSatisfy { if case .send = $0 { false } else { true } })
    #expect(stage.cluster.isServed(request, by: links[0]))
  }

  @Test func aNodeThatStallsWhileItDrainsHandsOverBeforeItsGraceEnds() {
    let stage = Stage(nodes: 2) {
      $0.requestTimeout = 1_000_000
      $0.healthCheckInterval = 100
    }
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.token(request, from: links[0]))
    _ = stage.handle(.drain(node: "worker-0001", grace: 600_000))
    // It answers pings, and yields no token; the other one is fine.
    let directives = stage.run(3000)
    #expect(directives.contains(.cancel(request, links[0])))
    #expect(directives.contains(.send(request, links[1])))
    #expect(stage.node("worker-0001")?.state.name == "stopping")
    #expect(stage.run(6000).contains(.kill(node: "worker-0001", pid: 101)))
    #expect(stage.cluster.nodes.map(\.id) == ["worker-0002"])
  }

  @Test func aNodeThatFallsSilentWhileItDrainsIsNotWaitedFor() {
    let stage = Stage(nodes: 2) { $0.healthCheckInterval = 100 }
    let links = stage.bringUp()
    _ = stage.handle(.drain(node: "worker-0001", grace: 600_000))
    _ = stage.run(1000) { $0 != links[0] }
    #expect(stage.node("worker-0001")?.state.name == "stopping")
  }
}
