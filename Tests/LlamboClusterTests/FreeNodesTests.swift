import Testing

@testable import LlamboCluster

/// The indexes that make a pick cheap, held against plain searches.
struct FreeNodesTests {
  private struct Plain {
    var group: Int
    var running: Int
    var slots: Int
    var isFree: Bool { running < slots }
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func theIndexAnswersLikeAPlainSearch(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var nodes = FreeNodes()
    var plain: [Plain] = []
    for _ in 0..<600 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0...1:
        plain.append(
          Plain(group: Int.random(in: 0..<4, using: &random), running: 0, slots: 0))
        nodes.grow(to: plain.count)
      case 2 where !plain.isEmpty:
        let place = Int.random(in: 0..<plain.count, using: &random)
        nodes.remove(place)
        plain.swapAt(place, plain.count - 1)
        plain.removeLast()
      default:
        guard !plain.isEmpty else { continue }
        let place = Int.random(in: 0..<plain.count, using: &random)
        plain[place].slots = [0, 1, 3, 8].randomElement(using: &random)!
        plain[place].running = Int.random(in: 0...plain[place].slots, using: &random)
        nodes.update(
          place, group: plain[place].group, running: plain[place].running,
          slots: plain[place].slots)
      }
      let types = TypeMask(bits: UInt64.random(in: 0..<16, using: &random))
      let fit = plain.indices.filter { plain[$0].isFree && types.contains(plain[$0].group) }
      let least = nodes.leastLoaded(among: types)
      #expect((least == nil) == fit.isEmpty, "seed \(seed)")
      if let least {
        #expect(fit.contains(least), "seed \(seed)")
        for other in fit {
          #expect(
            plain[least].running * plain[other].slots
              <= plain[other].running * plain[least].slots, "seed \(seed)")
        }
      }
      let cursor = Int.random(in: 0...plain.count, using: &random)
      #expect(
        nodes.next(from: cursor, among: types) == fit.first { $0 >= cursor } ?? fit.first,
        "seed \(seed)")
      let any = nodes.random(among: types, using: &random)
      #expect(any.map { fit.contains($0) } ?? fit.isEmpty, "seed \(seed)")
      for group in 0..<4 {
        let taking = plain.filter { $0.group == group && $0.slots > 0 }
        #expect(
          nodes.load(ofType: group)
            == (taking.reduce(0) { $0 + $1.running }, taking.reduce(0) { $0 + $1.slots }),
          "seed \(seed)")
      }
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func aNodeSetFindsTheNextMember(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var set = NodeSet()
    var plain: Set<Int> = []
    for _ in 0..<400 {
      let place =
        Int.random(in: 0..<300_000, using: &random) >> Int.random(in: 0...12, using: &random)
      if Bool.random(using: &random) {
        set.insert(place)
        plain.insert(place)
      } else if let member = plain.sorted().randomElement(using: &random) {
        set.remove(member)
        plain.remove(member)
      }
      let from = Int.random(in: 0..<300_000, using: &random)
      #expect(set.first(from: from) == plain.filter { $0 >= from }.min(), "seed \(seed)")
      #expect(set.isEmpty == plain.isEmpty, "seed \(seed)")
    }
  }

  @Test func aDequeIsAQueueThatTakesEntriesAtBothEnds() {
    var random = SplitMix64(seed: 3)
    var deque = Deque<Int>()
    var plain: [Int] = []
    for step in 0..<5000 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1:
        deque.append(step)
        plain.append(step)
      case 2:
        deque.prepend(step)
        plain.insert(step, at: 0)
      case 3: #expect(deque.popFirst() == (plain.isEmpty ? nil : plain.removeFirst()))
      default: #expect(deque.popLast() == plain.popLast())
      }
      #expect(deque.first == plain.first && deque.last == plain.last && deque.count == plain.count)
    }
  }
}
