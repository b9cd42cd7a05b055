import Testing

@testable import LlamaRunner

@Suite struct PrefixPlannerTests {
  private func slot(
    _ tokens: [Token], computed: Int? = nil, busy: Bool = false, used: UInt64 = 1
  ) -> SlotContents {
    SlotContents(
      tokens: tokens, computed: computed ?? tokens.count, isBusy: busy, lastUsed: used)
  }

  private let shared = [Token](0..<40)

  @Test func theFirstRequestTakesTheFirstSlot() {
    let slots = [SlotContents(), SlotContents()]
    #expect(
      PrefixPlanner.place(shared, among: slots) == .run(slot: 0, reused: 0, copiedFrom: nil))
  }

  @Test func noIdleSlotIsFull() {
    #expect(PrefixPlanner.place(shared, among: [slot([900], busy: true)]) == .full)
  }

  @Test func aContinuationRunsWhereItsBeginningIs() {
    let slots = [SlotContents(), slot(shared, used: 7)]
    #expect(
      PrefixPlanner.place(shared + [50, 51], among: slots)
        == .run(slot: 1, reused: 40, copiedFrom: nil))
  }

  @Test func theLastTokenIsAlwaysComputed() {
    #expect(
      PrefixPlanner.place(shared, among: [slot(shared)])
        == .run(slot: 0, reused: 39, copiedFrom: nil))
  }

  @Test func aBeginningInABusySlotIsCopied() {
    let slots = [slot(shared + [60], busy: true), SlotContents()]
    #expect(
      PrefixPlanner.place(shared + [50], among: slots)
        == .run(slot: 1, reused: 40, copiedFrom: 0))
  }

  @Test func aLongHistoryIsNotGivenUpForItsBeginning() {
    let history = shared + [Token](100..<200)
    let slots = [slot(history, used: 9), slot([800, 801], used: 3)]
    #expect(
      PrefixPlanner.place(shared + [50], among: slots)
        == .run(slot: 1, reused: 40, copiedFrom: 0))
  }

  @Test func aBeginningUnderWayIsWaitedFor() {
    let slots = [slot(shared + [60], computed: 8, busy: true), SlotContents()]
    #expect(PrefixPlanner.place(shared + [50], among: slots) == .wait)
  }

  @Test func littleInCommonIsNeitherCopiedNorWaitedFor() {
    let few = [Token](shared.prefix(PrefixPlanner.worthwhile - 1))
    let slots = [slot(few + [60], computed: 0, busy: true), slot(few + [70], busy: true, used: 2)]
    #expect(
      PrefixPlanner.place(few + [50], among: slots + [SlotContents()])
        == .run(slot: 2, reused: 0, copiedFrom: nil))
  }

  @Test func theLeastRecentlyUsedSlotGivesWay() {
    let slots = [slot([700], used: 5), slot([701], used: 2), slot([702], used: 8)]
    #expect(
      PrefixPlanner.place(shared, among: slots) == .run(slot: 1, reused: 0, copiedFrom: nil))
  }

  @Test func ofTheOldestHalfTheOneBesideABusySlotGivesWay() {
    var slots = (0..<8).map { slot([700 + Token($0)], used: UInt64(20 - $0)) }
    #expect(PrefixPlanner.givesWay(among: slots) == 7)
    slots[2].isBusy = true
    // 4 to 7 are the oldest four of seven; 4 is near enough to be computed along with 2.
    #expect(PrefixPlanner.givesWay(among: slots) == 4)
    slots[5].isBusy = true
    // Of 4, 6 and 7 now, 4 is computed along with 2 and 5 in any case.
    #expect(PrefixPlanner.givesWay(among: slots) == 4)
  }

  @Test func ofSlotsThatCostTheSameTheOldestGivesWay() {
    var slots = (0..<5).map { slot([700 + Token($0)], used: [9, 4, 9, 3, 9][$0]) }
    slots[2].isBusy = true
    #expect(PrefixPlanner.givesWay(among: slots) == 3)
  }

  @Test(arguments: 0..<200) func whatIsReusedIsThere(seed: Int) {
    var random = Seeded(state: UInt64(seed))
    func tokens() -> [Token] {
      let base = [Token](0..<Token.random(in: 1...60, using: &random))
      return base
        + (0..<Int.random(in: 0...20, using: &random)).map { _ in
          Token.random(in: 100...103, using: &random)
        }
    }
    let slots = (0..<Int.random(in: 1...6, using: &random)).map { _ in
      let tokens = tokens()
      return slot(
        tokens, computed: Int.random(in: 0...tokens.count, using: &random),
        busy: Bool.random(using: &random), used: .random(in: 0...9, using: &random))
    }
    let prompt = tokens()
    switch PrefixPlanner.place(prompt, among: slots) {
    case .full: #expect(!slots.contains { !$0.isBusy })
    case .wait: #expect(slots.contains { $0.isBusy && $0.computed < $0.tokens.count })
    case .run(let slot, let reused, let source):
      #expect(!slots[slot].isBusy)
      let from = slots[source ?? slot]
      #expect(reused < prompt.count && reused <= from.computed)
      #expect(prompt.prefix(reused) == from.tokens.prefix(reused))
    }
  }
}

/// A generator that gives the same numbers for the same seed (Knuth's MMIX constants).
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 33)
  }
}
