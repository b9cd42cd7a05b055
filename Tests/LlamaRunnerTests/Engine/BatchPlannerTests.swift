import Testing

@testable import LlamaRunner

@Suite struct BatchPlannerTests {
  func plan(_ slots: [SlotWork], batchSize: Int = 8, fillsGaps: Bool = false) -> [BatchPart] {
    var parts = [BatchPart(slot: 99, count: 99, wantsLogits: true)]
    BatchPlanner(batchSize: batchSize, fillsGaps: fillsGaps).plan(slots, into: &parts)
    return parts
  }

  @Test func idleSlotsNeedNoDecode() {
    #expect(plan([.idle, .idle]) == [])
  }

  @Test func streamsComeBeforePrompts() {
    #expect(
      plan([.prefill(remaining: 20, order: 0), .generate, .idle, .generate]) == [
        BatchPart(slot: 0, count: 6, wantsLogits: false),
        BatchPart(slot: 1, count: 1, wantsLogits: true),
        BatchPart(slot: 3, count: 1, wantsLogits: true),
      ])
  }

  @Test func onlyTheLastChunkWantsLogits() {
    #expect(
      plan([.prefill(remaining: 9, order: 0)]) == [BatchPart(slot: 0, count: 8, wantsLogits: false)]
    )
    #expect(
      plan([.prefill(remaining: 8, order: 0)]) == [BatchPart(slot: 0, count: 8, wantsLogits: true)])
  }

  @Test func theOldestPromptGoesFirstWhateverItsSlot() {
    #expect(
      plan([
        .prefill(remaining: 5, order: 7), .prefill(remaining: 4, order: 2),
        .prefill(remaining: 5, order: 9),
      ]) == [
        BatchPart(slot: 0, count: 4, wantsLogits: false),
        BatchPart(slot: 1, count: 4, wantsLogits: true),
      ])
  }

  @Test func streamsMayTakeTheWholeBatch() {
    let parts = plan([.generate, .generate, .prefill(remaining: 1, order: 0)], batchSize: 2)
    #expect(parts.map(\.slot) == [0, 1])
  }

  private func filler(_ slot: Int) -> BatchPart {
    BatchPart(slot: slot, count: 1, wantsLogits: false, isFiller: true)
  }

  @Test func shortGapsAreComputedAlong() {
    #expect(
      plan([.generate, .idle, .generate, .idle, .idle, .generate], fillsGaps: true) == [
        BatchPart(slot: 0, count: 1, wantsLogits: true), filler(1),
        BatchPart(slot: 2, count: 1, wantsLogits: true), filler(3), filler(4),
        BatchPart(slot: 5, count: 1, wantsLogits: true),
      ])
  }

  @Test func whatIsNoGapBetweenBusySlotsIsNotComputedAlong() {
    let longer = [SlotWork](repeating: .idle, count: SlotGraphs.gapMax + 1)
    let slots: [SlotWork] = [.idle, .generate] + longer + [.generate, .idle]
    #expect(plan(slots, fillsGaps: true) == plan(slots))
    #expect(plan([.idle, .idle], fillsGaps: true) == [])
  }

  @Test func gapsTakeOnlyTheRoomThatIsLeft() {
    let slots: [SlotWork] = [
      .generate, .idle, .idle, .generate, .idle, .prefill(remaining: 30, order: 0),
    ]
    #expect(plan(slots, batchSize: 9, fillsGaps: true) == plan(slots, batchSize: 9))
    let short: [SlotWork] = slots.dropLast() + [.prefill(remaining: 6, order: 0)]
    #expect(plan(short, batchSize: 9, fillsGaps: true).filter(\.isFiller) == [filler(4)])
    #expect(
      plan(short, batchSize: 11, fillsGaps: true).filter(\.isFiller)
        == [filler(1), filler(2), filler(4)])
  }

  /// Turn by turn: every batch fits, every stream gets its token every turn, and every prompt is
  /// done, in the order the prompts came.
  @Test(arguments: 0..<50) func promptsFinishAndStreamsNeverWait(seed: UInt64) {
    var random = SplitMix(state: seed)
    let slotCount = Int.random(in: 1...8, using: &random)
    let batchSize = Int.random(in: (slotCount + 1)...32, using: &random)
    var slots = (0..<slotCount).map { slot -> SlotWork in
      .prefill(remaining: .random(in: 1...100, using: &random), order: UInt64(slotCount - slot))
    }
    var finished: [Int] = []
    while finished.count < slotCount {
      let parts = plan(slots, batchSize: batchSize, fillsGaps: true)
      let total = parts.reduce(0) { $0 + $1.count }
      #expect(total <= batchSize)
      #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.slot < $1.slot })
      for (slot, work) in slots.enumerated() where work == .generate {
        #expect(parts.contains(BatchPart(slot: slot, count: 1, wantsLogits: true)))
      }
      for part in parts.reversed() {
        guard case .prefill(let remaining, let order) = slots[part.slot] else { continue }
        #expect((1...remaining).contains(part.count))
        #expect(part.wantsLogits == (part.count == remaining))
        slots[part.slot] =
          part.wantsLogits ? .generate : .prefill(remaining: remaining - part.count, order: order)
        if part.wantsLogits { finished.append(part.slot) }
      }
    }
    #expect(finished == Array((0..<slotCount).reversed()))
  }
}
