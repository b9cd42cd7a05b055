import LlamboCluster
import LlamboSimulator
import Testing

@Suite struct ReplayTests {
  @Test func oneSeedGivesOneRun() {
    for seed in 1...20 as ClosedRange<UInt64> {
      var first = Simulation(Scenario(seed: seed), keepsLog: true)
      var second = Simulation(Scenario(seed: seed), keepsLog: true)
      let (left, right) = (first.run(), second.run())
      #expect(left.hash == right.hash, "seed \(seed)")
      #expect(left.log == right.log, "seed \(seed)")
      #expect(left.log.count > 100, "seed \(seed)")
    }
  }

  @Test func watchingARunDoesNotChangeIt() {
    for seed in 1...10 as ClosedRange<UInt64> {
      var watched = Simulation(Scenario(seed: seed), keepsLog: true, drawsTimeline: true)
      #expect(watched.run().hash == Runs.of(seed).hash, "seed \(seed)")
    }
  }

  @Test func differentSeedsGiveDifferentRuns() {
    let hashes = Set((1...50 as ClosedRange<UInt64>).map { Runs.of($0, nodes: 3).hash })
    #expect(hashes.count == 50)
  }
}
