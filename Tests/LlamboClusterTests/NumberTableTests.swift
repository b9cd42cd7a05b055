import Testing

@testable import LlamboCluster

struct NumberTableTests {
  /// What is known of a table without it: a dictionary, and where each value was put.
  private struct Plain {
    var values: [RequestID: String] = [:]
    var places: [RequestID: Int] = [:]
  }

  /// Numbers grow as they do in a cluster, with some that stay long; now and then one is taken that
  /// has nothing to do with the others.
  private static func key(
    among known: [RequestID], last: inout UInt64, using random: inout SplitMix64
  ) -> RequestID {
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return RequestID(UInt64.random(in: .min ... .max, using: &random))
    case 1...3:
      last += UInt64.random(in: 1...3, using: &random)
      return RequestID(last)
    default: return known.randomElement(using: &random) ?? RequestID(0)
    }
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func aTableAnswersLikeADictionary(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var table = NumberTable<RequestID, String>()
    var plain = Plain()
    var last: UInt64 = 0
    for step in 0..<2000 {
      let known = plain.values.keys.sorted { $0.number < $1.number }
      let key = Self.key(among: known, last: &last, using: &random)
      #expect(table[key] == plain.values[key], "seed \(seed)")
      #expect(table.place(of: key) == plain.places[key], "seed \(seed)")
      // It grows for a while, then it shrinks for a while.
      let grows = step % 500 < 300
      switch Int.random(in: 0..<4, using: &random) {
      case 0 where table.place(of: key) != nil:
        table[at: table.place(of: key)!] += "!"
        plain.values[key]! += "!"
      case 0...(grows ? 0 : 2):
        #expect(table.removeValue(for: key) == plain.values.removeValue(forKey: key))
        plain.places[key] = nil
      default:
        table[key] = "\(step)"
        plain.values[key] = "\(step)"
        plain.places[key] = plain.places[key] ?? table.place(of: key)
      }
      #expect(table.count == plain.values.count, "seed \(seed)")
      #expect(table.isEmpty == plain.values.isEmpty, "seed \(seed)")
    }
    #expect(table.values.sorted() == plain.values.values.sorted(), "seed \(seed)")
    for (key, value) in plain.values {
      #expect(table[key] == value, "seed \(seed)")
      #expect(table.place(of: key) == plain.places[key], "seed \(seed)")
      #expect(table[at: plain.places[key]!] == value, "seed \(seed)")
    }
    #expect(Set(plain.places.values).count == plain.places.count, "two values share a place")
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func aNumberSetAnswersLikeASet(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var numbers = NumberSet<RequestID>()
    var plain: Set<RequestID> = []
    for _ in 0..<1000 {
      let key = RequestID(UInt64.random(in: 0..<200, using: &random))
      #expect(numbers.contains(key) == plain.contains(key), "seed \(seed)")
      if plain.contains(key) || Bool.random(using: &random) {
        #expect(numbers.remove(key) == (plain.remove(key) != nil), "seed \(seed)")
      } else {
        numbers.insert(key)
        plain.insert(key)
      }
      #expect(numbers.count == plain.count && numbers.isEmpty == plain.isEmpty, "seed \(seed)")
    }
    #expect(Set(numbers.members) == plain && numbers.members.count == plain.count)
    numbers.removeAll()
    #expect(numbers.isEmpty && numbers.members == [])
  }

  @Test func numbersThatShareASlotAreFoundAndForgotten() {
    // Of a full table's eight slots, these keys all begin at one.
    var index = NumberIndex()
    index.insert(0, at: 0)
    let home = index.home(of: 7)
    let same = (1...1000 as ClosedRange<UInt64>).filter { index.home(of: $0) == home }.prefix(3)
    for (place, number) in same.enumerated() { index.insert(number, at: place + 1) }
    #expect(index.remove(same[0]) == 1)
    #expect(index.place(of: same[0]) == nil)
    #expect(index.place(of: same[1]) == 2 && index.place(of: same[2]) == 3)
    #expect(index.place(of: 0) == 0)
    #expect(index.remove(same[0]) == nil)
  }

  @Test func aFreePlaceIsTakenAgain() {
    var table = NumberTable<RequestID, Int>()
    for number in 1...1000 as ClosedRange<UInt64> {
      table[RequestID(number)] = Int(number)
      #expect(table.place(of: RequestID(number))! < 4)
      if number > 3 { table[RequestID(number - 3)] = nil }
    }
    #expect(table.values.sorted() == [998, 999, 1000])
  }
}
