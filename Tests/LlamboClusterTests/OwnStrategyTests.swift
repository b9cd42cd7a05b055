import LlamboWire
import Testing

@testable import LlamboCluster

/// The quick reference's example of a strategy of one's own: long prompts go to large nodes, short
/// ones to tiny nodes.
private struct LongToLarge: NodeStrategy {
  func pick(
    for prompt: PromptDigest, among types: TypeMask, of nodes: FreeNodes,
    using random: inout SplitMix64
  ) -> Int? {
    let (tiny, large) = (TypeMask(only: 0), TypeMask(only: 1))
    return nodes.leastLoaded(among: types.intersection(prompt.length > 1000 ? large : tiny))
  }
}

struct OwnStrategyTests {
  private static func stage() -> (Stage, tiny: LinkID, large: LinkID) {
    let stage = Stage {
      $0.types = [.init(name: "tiny", count: 1), .init(name: "large", count: 1)]
    }
    stage.cluster = Cluster(
      settings: stage.cluster.settings, epoch: 100, seed: 1, strategy: LongToLarge())
    _ = stage.handle(.started)
    let (tiny, large) = (stage.newLink(), stage.newLink())
    _ = stage.handle(.hello(tiny, stage.hello("worker-0001", epoch: 101, slots: 2, type: "tiny")))
    _ = stage.handle(.hello(large, stage.hello("worker-0002", epoch: 102, slots: 2, type: "large")))
    return (stage, tiny, large)
  }

  private static func prompt(_ length: Int) -> Submission {
    Submission(prompt: PromptDigest(String(repeating: "x", count: length)))
  }

  @Test func longPromptsGoToLargeNodesAndShortOnesToTinyOnes() {
    let (stage, tiny, large) = Self.stage()
    #expect(stage.place(Self.prompt(1001)) == large)
    #expect(stage.place(Self.prompt(1000)) == tiny)
    #expect(stage.place(Self.prompt(5000)) == large)
    #expect(stage.place(Self.prompt(5)) == tiny)
    #expect(stage.cluster.strategyName == nil)
  }

  @Test func whatTheStrategyWantsNoFreeNodeForWaits() {
    let (stage, _, large) = Self.stage()
    let first = stage.submit(Self.prompt(2000)).request
    _ = stage.submit(Self.prompt(2000))
    let third = stage.submit(Self.prompt(2000)).request
    #expect(stage.cluster.queued == 1)
    #expect(stage.handle(.finished(first, large)) == [.send(third, large)])
  }

  @Test func theStrategyCanBeChangedWhileTheClusterRuns() {
    let (stage, tiny, large) = Self.stage()
    for strategy in Strategy.allCases {
      _ = stage.handle(.useStrategy(strategy))
      #expect(stage.cluster.strategyName == strategy)
      let (request, directives) = stage.submit(Self.prompt(2000))
      #expect(directives.count == 1)
      for link in [tiny, large] { _ = stage.handle(.finished(request, link)) }
    }
    #expect(stage.cluster.counters.finished == 4)
  }
}
