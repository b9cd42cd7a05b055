import LlamboWire
import Testing

@testable import LlamboCluster

/// Whoever is faster, the outcome is the one that the mode's definition gives; and whatever comes in
/// whatever order, the client has one whole answer.
@Suite struct FusionOrderTests {
  /// What a member will say, a letter a token, and how likely it is.
  private struct Plan {
    var letters: [Character]
    var likelihood: Double
    var text: String { String(letters) }
  }

  private func plans(_ count: Int, _ random: inout SplitMix64) -> [Plan] {
    (0..<count).map { _ in
      let length = Int.random(in: 0...4, using: &random)
      return Plan(
        letters: (0..<length).map { _ in Bool.random(using: &random) ? "a" : "b" },
        likelihood: -Double(Int.random(in: 1...40, using: &random)) / 16)
    }
  }

  /// Lets the members speak in turns that the seed draws; the panel afterwards.
  private func run(
    _ mode: FusionMode, _ plans: [Plan], failing: Set<Int> = [], _ random: inout SplitMix64
  ) -> Panel {
    let panel = Panel(mode, plans.count)
    var said = plans.map { _ in 0 }
    var open = Array(plans.indices)
    while let place = open.indices.randomElement(using: &random) {
      let member = open[place]
      if failing.contains(member), Int.random(in: 0...3, using: &random) == 0 {
        panel.fail(member)
      } else if said[member] < plans[member].letters.count {
        panel.say(member, String(plans[member].letters[said[member]]))
        said[member] += 1
        continue
      } else {
        panel.end(member, plans[member].likelihood)
      }
      open.remove(at: place)
    }
    return panel
  }

  /// The majority as it is defined: the way that more than half of all go, or all who are left;
  /// then the votes of those who went it.
  private func majority(of plans: [Plan]) -> String {
    var left = Array(plans.indices)
    var length = 0
    while true {
      let next = Set(left.compactMap { plans[$0].letters.dropFirst(length).first })
      let most = next.max { one, other in
        left.count { plans[$0].letters.dropFirst(length).first == one }
          < left.count { plans[$0].letters.dropFirst(length).first == other }
      }
      guard let most else { break }
      let with = left.filter { plans[$0].letters.dropFirst(length).first == most }
      guard with.count >= min(plans.count / 2 + 1, left.count) else { break }
      left = with
      length += 1
    }
    return best(of: left, in: plans) { member in
      Double(left.count { plans[$0].text == plans[member].text })
    }
  }

  private func best(of members: [Int], in plans: [Plan], by score: (Int) -> Double) -> String {
    func rank(_ member: Int) -> (Double, Double, Int) {
      let likelihood = members.filter { plans[$0].text == plans[member].text }
        .map { plans[$0].likelihood }.max()!
      let first = members.first {
        plans[$0].text == plans[member].text && plans[$0].likelihood == likelihood
      }
      return (score(member), likelihood, -first!)
    }
    return plans[members.max { rank($0) < rank($1) }!].text
  }

  @Test func theFastOnesDoNotDecide() {
    var random = SplitMix64(seed: 4)
    for round in 0..<600 {
      let plans = plans(2 + round % 6, &random)
      let all = Array(plans.indices)
      let expected: [(FusionMode, String)] = [
        (.majority, majority(of: plans)),
        (.confidence, best(of: all, in: plans) { plans[$0].likelihood }),
        (
          .weightedAverage,
          best(of: all, in: plans) { member in
            plans.reduce(0) {
              $0 + ($1.text == plans[member].text ? exponential($1.likelihood) : 0)
            }
          }
        ),
      ]
      for (mode, text) in expected {
        let panel = run(mode, plans, &random)
        #expect(panel.result?.text == text, "\(mode) of \(plans)")
        #expect(panel.isSound, "\(mode) of \(plans)")
      }
    }
  }

  @Test func aQuorumThatIsThereIsFound() {
    var random = SplitMix64(seed: 5)
    for round in 0..<600 {
      let plans = plans(2 + round % 6, &random)
      let panel = run(.quorum, plans, &random)
      let agreed = plans.first { plan in
        plans.count { $0.text == plan.text } > plans.count / 2
      }
      #expect(panel.result?.text == agreed?.text, "\(plans)")
      #expect(panel.error?.code == (agreed == nil ? .noQuorum : nil), "\(plans)")
      #expect(panel.isSound, "\(plans)")
    }
  }

  @Test func failuresLeaveOneWholeAnswerOrOneError() {
    var random = SplitMix64(seed: 6)
    for round in 0..<600 {
      let plans = plans(2 + round % 6, &random)
      let failing = Set(plans.indices.filter { _ in Bool.random(using: &random) })
      for mode in FusionMode.allCases {
        let panel = run(mode, plans, failing: failing, &random)
        #expect(!panel.isOpen && panel.isSound, "\(mode) of \(plans) without \(failing)")
        guard let answer = panel.result else { continue }
        #expect(plans.contains { $0.text == answer.text })
        let report = answer.fusion
        #expect(
          report.map { $0.answered + $0.failed + $0.cancelled } == plans.count, "\(panel.actions)")
      }
      if failing.count < plans.count - 1 {
        // A mode that asks for no agreement answers as long as anybody does.
        #expect(run(.confidence, plans, failing: failing, &random).result != nil)
      }
    }
  }
}
