import LlamboWire
import Testing

@testable import LlamboCluster

struct JoinTests {
  @Test func aHelloIsWelcomed() {
    let stage = Stage()
    _ = stage.handle(.started)
    let link = stage.newLink()
    let welcome = Welcome(cluster: "llambo", node: "worker-0001", epoch: 101, lease: 30_000)
    #expect(
      stage.handle(.hello(link, stage.hello("worker-0001", epoch: 101)))
        == [.welcome(link, welcome)])
    #expect(stage.node("worker-0001")?.state == .healthy)
  }

  @Test(arguments: [0, 1, 100, 102, UInt64(Int.max)])
  func anEpochThatIsNotTheNodesIsStale(_ epoch: UInt64) {
    let stage = Stage()
    _ = stage.handle(.started)
    let directives = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001", epoch: epoch)))
    #expect(directives.refusals == [.staleEpoch])
    #expect(directives.count == 1)
  }

  @Test func theEpochOfALifeGivenUpIsStale() {
    let stage = Stage { $0.startTimeout = 10 }
    _ = stage.handle(.started)
    _ = stage.advance(11)
    let late = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001", epoch: 101)))
    #expect(late.refusals == [.staleEpoch])
    let next = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001", epoch: 102)))
    #expect(next.refusals == [])
  }

  @Test func aNodeThatWaitsForItsNextLifeTakesNoHello() {
    let stage = Stage()
    _ = stage.handle(.started)
    _ = stage.handle(.launchFailed(node: "worker-0001", epoch: 101, reason: "x"))
    _ = stage.handle(.launchFailed(node: "worker-0001", epoch: 102, reason: "x"))
    let directives = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001", epoch: 102)))
    #expect(directives.refusals == [.staleEpoch])
  }

  @Test func anUnknownNodeWithAnEpochIsAnotherClusters() {
    let stage = Stage()
    let directives = stage.handle(.hello(stage.newLink(), stage.hello("worker-0009", epoch: 5)))
    #expect(directives.refusals == [.staleEpoch])
    #expect(stage.cluster.nodes.isEmpty)
  }

  @Test func aGuestIsGivenAName() {
    let stage = Stage(nodes: 0)
    let link = stage.newLink()
    let welcome = Welcome(cluster: "llambo", node: "guest-0001", epoch: 0, lease: 30_000)
    #expect(stage.handle(.hello(link, stage.hello(nil))) == [.welcome(link, welcome)])
  }

  @Test func aGuestKeepsTheNameThatItBrings() {
    let stage = Stage(nodes: 0)
    _ = stage.handle(.hello(stage.newLink(), stage.hello("mine")))
    #expect(stage.node("mine")?.isManaged == false)
    #expect(stage.place() == LinkID(1))
  }

  @Test func aGuestThatLeavesIsForgottenAndNotKilled() {
    let stage = Stage(nodes: 0)
    let link = stage.newLink()
    _ = stage.handle(.hello(link, stage.hello("mine", pid: 7)))
    #expect(stage.handle(.linkClosed(link)) == [.closeLink(link)])
    #expect(stage.cluster.nodes.isEmpty)
  }

  @Test func twoGuestsOfOneNameAreTooMany() {
    let stage = Stage(nodes: 0)
    _ = stage.handle(.hello(stage.newLink(), stage.hello("mine", pid: 7)))
    let second = stage.handle(.hello(stage.newLink(), stage.hello("mine", pid: 8)))
    #expect(second.refusals == [.invalidRequest])
    #expect(stage.node("mine")?.link == LinkID(1))
  }

  @Test func aGuestThatDialsAgainTakesItsPlaceBack() {
    let stage = Stage(nodes: 0)
    _ = stage.handle(.hello(stage.newLink(), stage.hello("mine", pid: 7)))
    let second = stage.handle(.hello(LinkID(2), stage.hello("mine", pid: 7)))
    #expect(second.first == .closeLink(LinkID(1)))
    #expect(stage.node("mine")?.link == LinkID(2))
    #expect(stage.handle(.linkClosed(LinkID(1))) == [])
  }

  @Test func guestsCountAgainstTheMostNodes() {
    let stage = Stage(nodes: 1) { $0.maxNodes = 1 }
    _ = stage.handle(.started)
    let directives = stage.handle(.hello(stage.newLink(), stage.hello(nil)))
    #expect(directives.refusals == [.tooManyNodes])
  }

  @Test func duringShutdownNobodyJoins() {
    let stage = Stage()
    _ = stage.handle(.started)
    _ = stage.handle(.shutdown(grace: 0))
    let known = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001", epoch: 101)))
    let guest = stage.handle(.hello(stage.newLink(), stage.hello(nil)))
    #expect(known.refusals + guest.refusals == [.draining, .draining])
  }

  @Test func aHelloBeforeTheLauncherSpokeIsFine() {
    let stage = Stage()
    _ = stage.handle(.started)
    let link = stage.newLink()
    _ = stage.handle(.hello(link, stage.hello("worker-0001", epoch: 101, pid: 7)))
    #expect(stage.handle(.launched(node: "worker-0001", epoch: 101, pid: 7)) == [])
    #expect(stage.node("worker-0001")?.link == link)
  }

  @Test func theLaunchersProcessIDCountsMoreThanTheWorkers() {
    let stage = Stage()
    _ = stage.handle(.started)
    _ = stage.handle(.launched(node: "worker-0001", epoch: 101, pid: 7))
    _ = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001", epoch: 101, pid: 1)))
    #expect(stage.node("worker-0001")?.pid == 7)
  }

  // MARK: Dialling again

  @Test func aNodeThatDialsAgainInTimeKeepsItsProcess() {
    let stage = Stage { $0.redialTimeout = 2000 }
    let link = stage.bringUp()[0]
    #expect(stage.handle(.linkClosed(link)) == [.closeLink(link)])
    #expect(stage.advance(1999) == [])
    let again = stage.newLink()
    let directives = stage.handle(.hello(again, stage.hello("worker-0001", epoch: 101, pid: 101)))
    #expect(directives.refusals == [] && directives.launches.isEmpty)
    #expect(stage.node("worker-0001")?.restarts == 0)
    #expect(stage.place() == again)
  }

  @Test func aNodeThatDoesNotDialAgainIsKilledAndReplaced() {
    let stage = Stage { $0.redialTimeout = 2000 }
    let link = stage.bringUp()[0]
    _ = stage.handle(.linkClosed(link))
    #expect(
      stage.advance(2000) == [
        .kill(node: "worker-0001", pid: 101),
        .launch(node: "worker-0001", type: "tiny", epoch: 102),
      ])
  }

  @Test func aSecondLinkOfANodeEndsTheFirst() {
    let stage = Stage()
    let first = stage.bringUp()[0]
    let request = stage.submit().request
    let second = stage.newLink()
    let directives = stage.handle(.hello(second, stage.hello("worker-0001", epoch: 101, pid: 101)))
    #expect(directives.first == .closeLink(first))
    #expect(directives.last == .send(request, second))
    #expect(stage.handle(.linkClosed(first)) == [])
    #expect(stage.cluster.isServed(request, by: second))
  }
}
