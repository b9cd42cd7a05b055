import LlamboWire
import Testing

@testable import LlamboCluster

/// Where the members of a fusion run.
struct FusionPlacementTests {
  private let one = Submission(fusion: FusionID(1))
  private let other = Submission(fusion: FusionID(2))

  @Test(arguments: Strategy.allCases)
  func membersRunOnDifferentNodesWhereThereAreEnough(_ strategy: Strategy) {
    let stage = Stage(nodes: 4) { $0.strategy = strategy }
    _ = stage.bringUp(slots: 4)
    for fusion in [one, other] {
      let links = (0..<4).compactMap { _ in stage.place(fusion) }
      #expect(Set(links).count == 4, "\(links)")
    }
  }

  @Test func membersShareNodesWhereThereAreFewer() {
    let stage = Stage(nodes: 2)
    _ = stage.bringUp(slots: 2)
    let links = (0..<4).compactMap { _ in stage.place(one) }
    #expect(links.count == 4 && Set(links).count == 2)
    // And where no slot is free they wait like any other.
    #expect(stage.place(one) == nil)
    #expect(stage.cluster.queued == 1)
  }

  @Test func aMemberThatIsMovedKeepsAwayFromTheOthers() {
    let stage = Stage(nodes: 3)
    let links = stage.bringUp(slots: 2)
    let first = stage.submit(one)
    let second = stage.submit(one)
    guard case .send(_, let lost) = first.directives.first,
      case .send(_, let kept) = second.directives.first
    else { return _ = Issue.record("both are sent at once") }
    let moved = stage.handle(.linkClosed(lost))
    let rest = links.first { $0 != lost && $0 != kept }
    #expect(moved.contains(.send(first.request, rest!)))
  }

  @Test func seedsOfFusionsFollowFromTheClusters() {
    let seeds = (0..<2).map { _ in
      let stage = Stage(seed: 9)
      return (0..<3).map { _ in stage.cluster.newSeed() }
    }
    #expect(seeds[0] == seeds[1] && Set(seeds[0]).count == 3)
  }
}
