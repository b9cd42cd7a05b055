import LlamboWire
import Testing

@testable import LlamboCluster

/// A second orchestrator, and the workers of the first.
struct AdoptionTests {
  /// A cluster that begins with what another one persisted, at epoch 1000.
  private static func stage(
    _ nodes: [ClusterState.Node], count: Int = 3, type: String = "tiny",
    _ configure: (inout ClusterSettings) -> Void = { _ in }
  ) -> Stage {
    let stage = Stage {
      $0.types = [.init(name: "tiny", count: count)]
      configure(&$0)
    }
    stage.cluster = Cluster(settings: stage.cluster.settings, epoch: 1000, seed: 1)
    stage.cluster.restore(
      ClusterState(cluster: "llambo", pid: 1, listen: "l", nodes: nodes), at: 0)
    return stage
  }

  private static func node(_ number: Int, epoch: UInt64, pid: Int?) -> ClusterState.Node {
    ClusterState.Node(id: "worker-000\(number)", type: "tiny", epoch: epoch, pid: pid)
  }

  private static let three = (1...3).map { node($0, epoch: 100 + UInt64($0), pid: 10 + $0) }

  @Test func liveWorkersAreNodesAgainAndNoneIsStartedAnew() {
    let stage = Self.stage(Self.three)
    #expect(stage.handle(.started) == [])
    for number in 1...3 {
      let link = stage.newLink()
      let directives = stage.handle(
        .hello(
          link, stage.hello("worker-000\(number)", epoch: 100 + UInt64(number), pid: 10 + number)))
      #expect(directives.count == 1 && directives.refusals == [])
    }
    #expect(stage.run(60_000).allSatisfy { if case .ping = $0 { true } else { false } })
    #expect(stage.cluster.nodes.map(\.epoch) == [101, 102, 103])
    #expect(stage.cluster.nodes.allSatisfy { $0.state == .healthy && $0.restarts == 0 })
  }

  @Test func whatIsMissingIsAddedOnlyAsFarAsThereIsRoom() {
    let stage = Self.stage(Self.three) {
      $0.types = [.init(name: "tiny", count: 2), .init(name: "large", count: 2)]
      $0.maxNodes = 4
    }
    #expect(stage.handle(.started).launches.map(\.node) == ["worker-0004"])
    #expect(stage.cluster.nodes.count == 4)
  }

  @Test func whoDoesNotReturnInTimeIsReplacedUnderAHigherEpoch() {
    let stage = Self.stage(Self.three) { $0.adoptionTimeout = 5000 }
    _ = stage.handle(.started)
    _ = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001", epoch: 101, pid: 11)))
    _ = stage.run(4900)
    let directives = stage.run(100)
    #expect(
      Set(directives.launches.map(\.node)) == ["worker-0002", "worker-0003"]
        && directives.launches.allSatisfy { $0.epoch > 1000 })
    // It comes too late, and is not doubled.
    let late = stage.handle(
      .hello(stage.newLink(), stage.hello("worker-0002", epoch: 102, pid: 12)))
    #expect(late.refusals == [.staleEpoch])
    #expect(stage.cluster.nodes.count == 3)
  }

  @Test func aLifeThatWasLaunchedAfterTheLastWriteIsAdoptedToo() {
    let stage = Self.stage(Self.three)
    _ = stage.handle(.started)
    let link = stage.newLink()
    #expect(
      stage.handle(.hello(link, stage.hello("worker-0001", epoch: 500, pid: 77))).refusals == [])
    #expect(stage.node("worker-0001")?.epoch == 500)
    #expect(stage.node("worker-0001")?.pid == 77)
    // The life before it is over, and so is one from the future.
    let old = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001", epoch: 101)))
    let future = stage.handle(.hello(stage.newLink(), stage.hello("worker-0002", epoch: 2000)))
    #expect(old.refusals == [.staleEpoch] && future.refusals == [.staleEpoch])
  }

  @Test func aNodeThatHadNoProcessIsLaunched() {
    let stage = Self.stage([Self.node(1, epoch: 101, pid: nil)], count: 1)
    #expect(stage.handle(.started).launches.map(\.node) == ["worker-0001"])
  }

  @Test func whatIsMissingOfTheCountsIsStartedBesides() {
    let stage = Self.stage(Self.three, count: 5)
    #expect(stage.handle(.started).launches.map(\.node) == ["worker-0004", "worker-0005"])
    let more = Self.stage(Self.three, count: 1)
    #expect(more.handle(.started) == [])
    #expect(more.cluster.nodes.count == 3)
  }

  @Test func guestsAreNotRestored() {
    let stage = Self.stage([.init(id: "mine", type: "tiny", epoch: 0, pid: 5)], count: 0)
    #expect(stage.cluster.nodes.isEmpty)
    #expect(stage.handle(.hello(stage.newLink(), stage.hello("mine"))).refusals == [])
  }

  @Test func epochsGoOnFromTheHighestEvenWhereTheClockWentBack() {
    let stage = Self.stage([Self.node(1, epoch: 9000, pid: 11)], count: 2)
    #expect(stage.handle(.started).launches.map(\.epoch) == [9001])
  }

  @Test func theEndOfAnAdoptedWorkerIsSeenByItsLinkAlone() {
    let stage = Self.stage(Self.three) { $0.redialTimeout = 2000 }
    _ = stage.handle(.started)
    let link = stage.newLink()
    _ = stage.handle(.hello(link, stage.hello("worker-0001", epoch: 101, pid: 11)))
    _ = stage.handle(.linkClosed(link))
    #expect(stage.run(2000).launches.map(\.node) == ["worker-0001"])
  }

  @Test func anAdoptedWorkerThatDrainsIsGoneWithItsLink() {
    let stage = Self.stage(Self.three)
    _ = stage.handle(.started)
    let link = stage.newLink()
    _ = stage.handle(.hello(link, stage.hello("worker-0001", epoch: 101, pid: 11)))
    _ = stage.handle(.drain(node: "worker-0001", grace: 100))
    _ = stage.handle(.linkClosed(link))
    #expect(stage.node("worker-0001") == nil)
  }

  @Test func aTypeThatTheConfigurationHasNoMoreIsServedAndNotReplaced() {
    let stage = Self.stage(
      [.init(id: "worker-0001", type: "gone", epoch: 101, pid: 11)], count: 0)
    _ = stage.handle(.started)
    let link = stage.newLink()
    _ = stage.handle(.hello(link, stage.hello("worker-0001", epoch: 101, pid: 11, type: "gone")))
    #expect(stage.place() == link)
    _ = stage.handle(.linkClosed(link))
    #expect(stage.run(5000).launches.isEmpty)
    #expect(stage.cluster.nodes.isEmpty)
  }
}
