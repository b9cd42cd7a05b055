import LlamboWire
import Testing

@testable import LlamboCluster

struct LaunchTests {
  @Test func theStartLaunchesEachNodeUnderItsOwnEpoch() {
    let stage = Stage(nodes: 3)
    #expect(
      stage.handle(.started) == [
        .launch(node: "worker-0001", type: "tiny", epoch: 101),
        .launch(node: "worker-0002", type: "tiny", epoch: 102),
        .launch(node: "worker-0003", type: "tiny", epoch: 103),
      ])
  }

  @Test func everyTypeGetsItsCount() {
    let stage = Stage { $0.types = [.init(name: "a", count: 1), .init(name: "b", count: 2)] }
    _ = stage.handle(.started)
    #expect(stage.cluster.nodes.map(\.type) == ["a", "b", "b"])
  }

  @Test func noMoreStartAtOnceThanTheLimit() {
    let stage = Stage(nodes: 5) { $0.launchesAtOnce = 2 }
    let first = stage.handle(.started)
    #expect(first.launches.map(\.node) == ["worker-0001", "worker-0002"])
    #expect(stage.advance(1000) == [])
    let link = stage.newLink()
    let second = stage.handle(.hello(link, stage.hello("worker-0001", epoch: 101)))
    #expect(second.launches.map(\.node) == ["worker-0003"])
  }

  @Test func aFailedLaunchMakesRoomForTheNext() {
    let stage = Stage(nodes: 3) { $0.launchesAtOnce = 1 }
    _ = stage.handle(.started)
    // The first failure is forgiven at once, but others have waited longer.
    let second = stage.handle(.launchFailed(node: "worker-0001", epoch: 101, reason: "x"))
    #expect(second.launches.map(\.node) == ["worker-0002"])
    let third = stage.handle(.launchFailed(node: "worker-0002", epoch: 102, reason: "x"))
    #expect(third.launches.map(\.node) == ["worker-0003"])
    let fourth = stage.handle(.launchFailed(node: "worker-0003", epoch: 103, reason: "x"))
    #expect(fourth.launches.map(\.node) == ["worker-0001"])
  }

  @Test func aNodeThatNeverSaysHelloIsKilledAndReplaced() {
    let stage = Stage { $0.startTimeout = 500 }
    _ = stage.handle(.started)
    _ = stage.handle(.launched(node: "worker-0001", epoch: 101, pid: 7))
    #expect(stage.advance(500) == [])
    #expect(
      stage.advance(1) == [
        .kill(node: "worker-0001", pid: 7), .launch(node: "worker-0001", type: "tiny", epoch: 102),
      ])
  }

  @Test func aProcessOfALaunchGivenUpIsKilledWhenItIsKnown() {
    let stage = Stage { $0.startTimeout = 500 }
    _ = stage.handle(.started)
    #expect(stage.advance(501).launches.map(\.epoch) == [102])
    #expect(
      stage.handle(.launched(node: "worker-0001", epoch: 101, pid: 7))
        == [.kill(node: "worker-0001", pid: 7)])
  }

  @Test func aProcessThatIsKnownWhileItsNodeWaitsIsKilled() {
    let stage = Stage { $0.startTimeout = 500 }
    _ = stage.handle(.started)
    _ = stage.handle(.launchFailed(node: "worker-0001", epoch: 101, reason: "x"))
    _ = stage.handle(.launchFailed(node: "worker-0001", epoch: 102, reason: "x"))
    #expect(stage.node("worker-0001")?.isWaiting == true)
    #expect(
      stage.handle(.launched(node: "worker-0001", epoch: 102, pid: 7))
        == [.kill(node: "worker-0001", pid: 7)])
    #expect(stage.node("worker-0001")?.pid == nil)
  }

  @Test func aProcessOfANodeThatIsUnknownIsKilled() {
    let stage = Stage()
    #expect(
      stage.handle(.launched(node: "worker-0009", epoch: 1, pid: 7))
        == [.kill(node: "worker-0009", pid: 7)])
  }

  @Test func theEndOfAnEarlierLifeIsNotTheEndOfThisOne() {
    let stage = Stage()
    let links = stage.bringUp()
    #expect(stage.handle(.processEnded(node: "worker-0001", epoch: 100, reason: "x")) == [])
    #expect(stage.node("worker-0001")?.link == links[0])
  }

  @Test func spawnAddsAndLaunches() throws {
    let stage = Stage(nodes: 1)
    _ = stage.handle(.started)
    var directives: [Directive] = []
    let names = try stage.cluster.spawn(2, of: "tiny", at: 0, into: &directives)
    #expect(names == ["worker-0002", "worker-0003"])
    #expect(directives.launches.map(\.node) == names)
  }

  @Test func spawnOfAnUnknownTypeIsRefused() {
    let stage = Stage()
    let error = #expect(throws: WireError.self) { try stage.spawn(1, "huge") }
    #expect(error?.code == .unknownType)
  }

  @Test func spawnBeyondTheMostNodesIsRefused() throws {
    let stage = Stage(nodes: 1) { $0.maxNodes = 3 }
    _ = stage.handle(.started)
    let error = #expect(throws: WireError.self) { try stage.spawn(3, "tiny") }
    #expect(error?.code == .tooManyNodes)
    #expect(try stage.spawn(2, "tiny").count == 2)
  }

  @Test func spawnDuringShutdownIsRefused() {
    let stage = Stage()
    _ = stage.handle(.shutdown(grace: 0))
    let error = #expect(throws: WireError.self) { try stage.spawn(1, "tiny") }
    #expect(error?.code == .draining)
  }

  @Test func aNameThatAGuestHasIsNotGivenOut() throws {
    let stage = Stage(nodes: 0)
    _ = stage.handle(.started)
    _ = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001")))
    #expect(try stage.spawn(1, "tiny") == ["worker-0002"])
  }
}

extension Stage {
  fileprivate func spawn(_ count: Int, _ type: String) throws(WireError) -> [String] {
    var directives: [Directive] = []
    return try cluster.spawn(count, of: type, at: now, into: &directives)
  }
}
