import Foundation
import LlamboCluster
import LlamboSimulator
import Testing

/// Runs of the whole cluster in trouble. A seed that fails is in the message, and fails every time.
@Suite struct SeedTests {
  @Test func aThousandSeedsKeepEveryRule() async {
    let batch = await Runs.of(seeds: 1...1_200)
    #expect(batch.runs == 1_200)
    for failure in batch.failures.prefix(3) {
      Issue.record("\(failure.report(lines: 40, fixesNodes: false))")
    }
    for fault in Fault.allCases {
      #expect(batch.faults[fault] > 0, "\(fault.name) never fired")
    }
    // The trouble did not keep the clients from being served.
    #expect(batch.finished > batch.submissions / 2)
    #expect(batch.failed > 0 && batch.cancelled > 0 && batch.cutOff > 0)
    #expect(batch.fusionsAnswered > batch.fusions / 2)
    #expect(batch.retried > 0 && batch.nodesLost > 0)
  }

  @Test(arguments: [1, 2, 100, 1_000, 10_000])
  func clustersOfEverySizeKeepEveryRule(nodes: Int) async {
    let batch = await Runs.of(
      seeds: nodes < 1_000 ? 1...20 : nodes < 10_000 ? 1...4 : 3...4, nodes: nodes)
    for failure in batch.failures.prefix(3) {
      Issue.record("\(failure.report(lines: 40, fixesNodes: true))")
    }
  }

  @Test func seedsThatOnceFailedKeepEveryRule() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "Seeds/seeds.txt")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
    for line in lines {
      let words = line.split(separator: " ")
      let seed = try #require(words.first.flatMap { UInt64($0) }, "\(line)")
      let nodes = words.count > 1 ? Int(words[1]) : nil
      let outcome = Runs.of(seed, nodes: nodes)
      #expect(outcome.violations.isEmpty, "\(outcome.report(lines: 40, fixesNodes: nodes != nil))")
    }
  }
}

enum Runs {
  static func of(_ seed: UInt64, nodes: Int? = nil, meddler: Meddler = Meddler()) -> Outcome {
    var simulation = Simulation(Scenario(seed: seed, nodes: nodes), meddler: meddler)
    return simulation.run()
  }

  /// Two at once, as many as the smallest machine has cores.
  static func of(seeds: ClosedRange<UInt64>, nodes: Int? = nil) async -> Batch {
    await withTaskGroup(of: Batch.self) { group in
      for half in 0...1 as ClosedRange<UInt64> {
        group.addTask {
          var batch = Batch()
          for seed in seeds where seed % 2 == half { batch.add(of(seed, nodes: nodes)) }
          return batch
        }
      }
      var sum = Batch()
      for await batch in group { sum.add(batch) }
      return sum
    }
  }
}
