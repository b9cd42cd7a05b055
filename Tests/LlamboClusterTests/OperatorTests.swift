import LlamboWire
import Testing

@testable import LlamboCluster

struct OperatorTests {
  // MARK: Draining one node

  @Test func theTargetFallsWithEachNodeThatDrainsForGood() {
    let stage = Stage(nodes: 3)
    _ = stage.bringUp()
    #expect(stage.cluster.target(of: "tiny") == 3)
    _ = stage.handle(.drain(node: "worker-0001", grace: 500))
    #expect(stage.cluster.target(of: "tiny") == 2)
    _ = stage.handle(.drain(node: "worker-0002", grace: 500, replace: true))
    #expect(stage.cluster.target(of: "tiny") == 2)
  }

  @Test func aNodeThatDrainsToBeReplacedCanStillBeToldToLeave() {
    let stage = Stage(nodes: 2)
    _ = stage.bringUp()
    _ = stage.handle(.drain(node: "worker-0001", grace: 500, replace: true))
    _ = stage.handle(.drain(node: "worker-0001", grace: 500, replace: false))
    let end = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "ended"))
    #expect(end.launches.isEmpty)
    #expect(stage.cluster.nodes.map(\.id) == ["worker-0002"])
  }

  // MARK: Stopping one node

  @Test func whatRunsOnAStoppedNodeMovesAtOnceWithItsJournal() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.token(request, from: links[0]))
    #expect(
      stage.handle(.stop(node: "worker-0001")) == [
        .cancel(request, links[0]), .send(request, links[1]),
        .kill(node: "worker-0001", pid: 101),
      ])
    #expect(!stage.token(request, from: links[0], index: 1))
    #expect(stage.token(request, from: links[1], index: 1))
  }

  @Test func aStoppedNodeIsNotReplacedAndNotLost() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    _ = stage.handle(.stop(node: "worker-0001"))
    #expect(stage.cluster.target(of: "tiny") == 1)
    _ = stage.handle(.linkClosed(links[0]))
    let end = stage.handle(
      .processEnded(node: "worker-0001", epoch: 101, reason: "killed", wasKilled: true))
    #expect(end.launches.isEmpty)
    #expect(stage.cluster.nodes.map(\.id) == ["worker-0002"])
    #expect(stage.cluster.counters.nodesLost == 0)
  }

  @Test func aCancelledRequestOfAStoppedNodeEndsAsCancelled() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    _ = stage.handle(.cancelled(request))
    let stop = stage.handle(.stop(node: "worker-0001"))
    #expect(stop == [.kill(node: "worker-0001", pid: 101)])
    #expect(stage.handle(.linkClosed(links[0])).contains(.endCancelled(request)))
  }

  @Test func aNodeThatWaitsForItsProcessGoesWithoutOne() {
    let stage = Stage(nodes: 2) { $0.launchesAtOnce = 1 }
    _ = stage.handle(.started)
    #expect(stage.handle(.stop(node: "worker-0002")) == [])
    #expect(stage.cluster.nodes.map(\.id) == ["worker-0001"])
  }

  @Test func aNodeThatStartsIsKilledWhenItsProcessIsKnown() {
    let stage = Stage()
    _ = stage.handle(.started)
    #expect(stage.handle(.stop(node: "worker-0001")) == [])
    #expect(
      stage.handle(.launched(node: "worker-0001", epoch: 101, pid: 7))
        == [.kill(node: "worker-0001", pid: 7)])
  }

  @Test func aGuestIsToldToEndAndNotKilled() {
    let stage = Stage(nodes: 0)
    _ = stage.handle(.started)
    let link = stage.newLink()
    _ = stage.handle(.hello(link, stage.hello("visitor")))
    #expect(stage.handle(.stop(node: "visitor")) == [.stopNode(link, grace: 0)])
  }

  // MARK: Sizes

  @Test func moreAreLaunchedAndOfTooManyTheIdlestDrain() throws {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp(slots: 4)
    let up = try stage.scale("tiny", to: 4)
    #expect(up.resizing == Cluster.Resizing(added: ["worker-0003", "worker-0004"]))
    let more = stage.answer(up.directives, slots: 4)
    // Two on the first node and one on each other but the last.
    for _ in 0..<5 { _ = stage.place() }
    let busy = stage.cluster.nodes.map(\.running.count)
    #expect(busy == [2, 1, 1, 1])
    let idle = try #require(stage.cluster.nodes[3].running.members.first)
    _ = stage.handle(.finished(idle, more[1]))
    let down = try stage.scale("tiny", to: 1)
    #expect(down.resizing.added == [])
    #expect(down.resizing.drained == ["worker-0004", "worker-0003", "worker-0002"])
    #expect(stage.cluster.target(of: "tiny") == 1)
    #expect(stage.place() == links[0])
  }

  @Test func theSizeThatThereIsChangesNothing() throws {
    let stage = Stage(nodes: 2)
    _ = stage.bringUp()
    let result = try stage.scale("tiny", to: 2)
    #expect(result.resizing == Cluster.Resizing())
    #expect(result.directives == [])
  }

  @Test func sizesThatCannotBeAreRefused() throws {
    let stage = Stage(nodes: 1) {
      $0.maxNodes = 3
      $0.types.append(.init(name: "other", count: 0, minNodes: 1, maxNodes: 2))
    }
    _ = stage.bringUp()
    #expect(
      #expect(throws: WireError.self) { try stage.scale("huge", to: 1) }?.code == .unknownType)
    let many = #expect(throws: WireError.self) { try stage.scale("tiny", to: 4) }
    #expect(many?.code == .tooManyNodes)
    #expect(stage.cluster.nodes.count == 1)
    #expect(try stage.scale("tiny", to: 3).resizing.added.count == 2)
    _ = stage.handle(.shutdown(grace: 0))
    let late = #expect(throws: WireError.self) { try stage.scale("tiny", to: 1) }
    #expect(late?.code == .draining)
  }

  @Test func aTypeThatScalesItselfStaysWithinItsBounds() throws {
    let stage = Stage {
      $0.autoScale = true
      $0.types = [.init(name: "tiny", count: 1, minNodes: 1, maxNodes: 2)]
    }
    _ = stage.bringUp()
    for count in [0, 3] {
      let error = #expect(throws: WireError.self) { try stage.scale("tiny", to: count) }
      #expect(error?.code == .outOfRange)
    }
    #expect(try stage.scale("tiny", to: 2).resizing.added.count == 1)
  }

  // MARK: What the strategy chose

  @Test func choicesAreCountedBeyondTheLivesOfNodes() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let first = stage.submit().request
    let second = stage.submit().request
    _ = stage.handle(.finished(first, links[0]))
    _ = stage.handle(.finished(second, links[1]))
    _ = stage.handle(.stop(node: "worker-0001"))
    _ = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "killed"))
    #expect(stage.cluster.nodes.map(\.picks) == [1])
    #expect(stage.cluster.served(by: "tiny") == Cluster.Served(picks: 2, requests: 2))
    #expect(stage.cluster.picks == 2)
  }
}

extension Stage {
  fileprivate func scale(
    _ type: String, to count: Int
  ) throws(WireError) -> (resizing: Cluster.Resizing, directives: [Directive]) {
    var directives: [Directive] = []
    let resizing = try cluster.scale(type, to: count, at: now, into: &directives)
    return (
      resizing,
      directives.filter { directive in
        switch directive {
        case .note, .persist: false
        default: true
        }
      }
    )
  }
}
