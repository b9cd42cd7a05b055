import LlamboWire
import Testing

@testable import LlamboCluster

struct HealthTests {
  @Test func everyNodeIsPingedOnceAnInterval() {
    let stage = Stage(nodes: 3)
    let links = stage.bringUp()
    _ = stage.run(1000)
    let pings = stage.run(5000)
    for link in links { #expect(pings.filter { $0 == .ping(link) }.count == 5) }
    #expect(pings.count == 15)
  }

  @Test func pingsOfNodesThatJoinTogetherAreSpread() {
    let stage = Stage(nodes: 100) { $0.launchesAtOnce = 100 }
    _ = stage.bringUp()
    var most = 0
    for _ in 0..<10 { most = max(most, stage.advance(100).count) }
    #expect(most < 30)
  }

  @Test func aSilentNodeIsEjectedKilledAndReplaced() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let directives = stage.run(4500) { $0 != links[0] }.filter {
      if case .ping = $0 { false } else { true }
    }
    #expect(
      directives == [
        .closeLink(links[0]), .kill(node: "worker-0001", pid: 101),
        .launch(node: "worker-0001", type: "tiny", epoch: 103),
      ])
    #expect(stage.node("worker-0002")?.link == links[1])
  }

  @Test func aNodeIsNotEjectedBeforeItsTime() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    _ = stage.run(2500) { _ in false }
    #expect(stage.node("worker-0001")?.link == link)
    _ = stage.handle(.heard(link))
    _ = stage.run(2500) { _ in false }
    #expect(stage.node("worker-0001")?.link == link)
  }

  @Test func aSilentNodeIsEjectedWithinThreeIntervals() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    _ = stage.run(5000)
    let directives = stage.run(2950) { _ in false }
    #expect(directives.contains(.closeLink(link)))
  }

  @Test func aPauseOfTheOrchestratorEjectsNobody() {
    let stage = Stage(nodes: 3)
    let links = stage.bringUp()
    _ = stage.run(2000)
    let pings = stage.advance(60_000)
    #expect(pings == links.reversed().map { .ping($0) })
    #expect(stage.run(10_000).allSatisfy { if case .ping = $0 { true } else { false } })
  }

  @Test func requestsOfAnEjectedNodeGoElsewhere() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.cluster.isServed(request, by: links[0]))
    _ = stage.run(4500) { $0 != links[0] }
    #expect(stage.cluster.isServed(request, by: links[1]))
  }

  @Test func aSilentGuestIsForgottenAndNotKilled() {
    let stage = Stage(nodes: 0)
    let link = stage.newLink()
    _ = stage.handle(.hello(link, stage.hello("mine", pid: 7)))
    let directives = stage.run(4500) { _ in false }.filter { $0 != .ping(link) }
    #expect(directives == [.closeLink(link)])
    #expect(stage.cluster.nodes.isEmpty)
  }

  // MARK: Backoff

  /// Ends lives right after their launch; the time from each end to the next launch.
  private func delays(_ count: Int, seed: UInt64) -> [Milliseconds] {
    let stage = Stage(seed: seed) {
      $0.backoffFirst = 100
      $0.backoffMost = 1000
    }
    var launches = stage.handle(.started).launches
    return (0..<count).map { _ in
      let ended = stage.now
      let epoch = launches[0].epoch
      launches =
        stage.handle(.processEnded(node: "worker-0001", epoch: epoch, reason: "x")).launches
      while launches.isEmpty { launches = stage.advance(1).launches }
      return stage.now - ended
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func theDelayDoublesUpToItsMostWithAFifthOfJitter(seed: UInt64) {
    let delays = delays(9, seed: seed)
    #expect(delays[0] == 0)
    for (delay, full) in zip(delays.dropFirst(), [100, 200, 400, 800, 1000, 1000, 1000, 1000]) {
      #expect((full * 4 / 5...full).contains(Int(delay)), "seed \(seed): \(delays)")
    }
  }

  @Test func theJitterIsNotTheSameForAll() {
    #expect(Set((1...20).map { delays(6, seed: $0)[5] }).count > 5)
  }

  @Test func aStableLifeForgivesTheFailuresBeforeIt() {
    let stage = Stage { $0.stableAfter = 10_000 }
    var epoch = stage.handle(.started).launches[0].epoch
    for _ in 0..<4 {
      _ = stage.handle(.processEnded(node: "worker-0001", epoch: epoch, reason: "x"))
      epoch = stage.cluster.lastEpoch
      while stage.node("worker-0001")?.isWaiting == true {
        epoch = stage.advance(10).launches.first?.epoch ?? epoch
      }
    }
    _ = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001", epoch: epoch)))
    _ = stage.run(10_000)
    let end = stage.handle(.processEnded(node: "worker-0001", epoch: epoch, reason: "x"))
    #expect(end.launches.count == 1)
  }

  @Test func aShortLifeForgivesNothing() {
    let stage = Stage { $0.stableAfter = 10_000 }
    _ = stage.handle(.started)
    _ = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "x"))
    _ = stage.handle(.hello(stage.newLink(), stage.hello("worker-0001", epoch: 102)))
    _ = stage.run(9000)
    let end = stage.handle(.processEnded(node: "worker-0001", epoch: 102, reason: "x"))
    #expect(end.launches.isEmpty)
  }

  // MARK: Notes

  @Test func theOperatorReadsOfEachLossOnce() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    var directives = stage.everything(of: .linkClosed(link))
    directives += stage.everything(of: .linkClosed(link))
    directives += stage.everything(
      of: .processEnded(node: "worker-0001", epoch: 101, reason: "gone"))
    directives += stage.everything(
      of: .processEnded(node: "worker-0001", epoch: 101, reason: "gone"))
    let notes = directives.compactMap { if case .note(let text) = $0 { text } else { nil } }
    #expect(notes == ["worker-0001 is lost: gone; its replacement starts in 0 ms"])
  }
}
