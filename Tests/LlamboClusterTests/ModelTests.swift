import LlamboWire
import Testing

@testable import LlamboCluster

/// Random runs of a whole cluster. A seed that fails is in the message, and fails every time.
struct ModelTests {
  /// Eight seconds of trouble, then peace until everything has come to rest.
  private static func run(seed: UInt64) -> World {
    var world = World(seed: seed)
    world.handle(.started)
    world.run(until: 8_000)
    world.faults = false
    world.run(until: world.now + 8_000)
    return world
  }

  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func everyRequestEndsOnceAndTheClusterRecovers(seed: UInt64) {
    var world = Self.run(seed: seed)
    #expect(world.checker.violations == [], "seed \(seed)")
    #expect(world.checker.unanswered == 0, "seed \(seed)")
    #expect(world.cluster.requests.isEmpty, "seed \(seed)")
    #expect(world.cluster.nodes.allSatisfy { $0.state == .healthy }, "seed \(seed)")
    #expect(
      world.cluster.nodes.count(where: \.isManaged) == world.cluster.settings.types[0].count,
      "seed \(seed)")

    for _ in 0..<5 { world.submit() }
    world.handle(.shutdown(grace: 300))
    world.run(until: world.now + 5000)
    #expect(world.checker.violations == [], "seed \(seed)")
    #expect(world.checker.unanswered == 0, "seed \(seed)")
    #expect(world.checker.stops == 1, "seed \(seed)")
    #expect(
      !world.processes.values.contains { $0.isAlive && $0.node != nil },
      "seed \(seed): a process is left over")
  }

  @Test func oneSeedGivesOneRun() {
    for seed in 1...10 as ClosedRange<UInt64> {
      #expect(Self.run(seed: seed).log == Self.run(seed: seed).log, "seed \(seed)")
    }
  }

  @Test func theTroubleIsReal() {
    var sum = Cluster.Counters()
    var codes: Set<WireError.Code> = []
    for seed in 1...30 as ClosedRange<UInt64> {
      let world = Self.run(seed: seed)
      let counters = world.cluster.counters
      sum.finished += counters.finished
      sum.failed += counters.failed
      sum.cancelled += counters.cancelled
      sum.retried += counters.retried
      sum.nodesLost += counters.nodesLost
      for entry in world.log {
        switch entry.directive {
        case .fail(_, let error), .refuse(_, let error): codes.insert(error.code)
        default: break
        }
      }
    }
    #expect(sum.finished > 400)
    #expect(sum.failed > 100)
    #expect(sum.cancelled > 10)
    #expect(sum.retried > 100)
    #expect(sum.nodesLost > 100)
    #expect(
      codes.isSuperset(of: [
        .timeout, .nodeLost, .queueFull, .staleEpoch, .internalError, .draining,
      ]))
  }
}
