import Testing

@testable import LlamaRunner

@Suite struct BatchPlannerTests {
  func plan(_ slots: [SlotWork], batchSize: Int = 8) -> [BatchPart] {
    var parts = [BatchPart(slot: 99, count: 99, wantsLogits: true)]
    BatchPlanner(batchSize: batchSize).plan(slots, into: &parts)
    return parts
  }

  @Test func idleSlotsNeedNoDecode() {
    #expect(plan([.idle, .idle]) == [])
  }

  @Test func streamsComeBeforePrompts() {
    #expect(
      plan([.prefill(remaining: 20, order: 0), .generate, .idle, .generate]) == [
        BatchPart(slot: 1, count: 1, wantsLogits: true),
        BatchPart(slot: 3, count: 1, wantsLogits: true),
        BatchPart(slot: 0, count: 6, wantsLogits: false),
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
        BatchPart(slot: 1, count: 4, wantsLogits: true),
        BatchPart(slot: 0, count: 4, wantsLogits: false),
      ])
  }

  @Test func streamsMayTakeTheWholeBatch() {
    let parts = plan([.generate, .generate, .prefill(remaining: 1, order: 0)], batchSize: 2)
    #expect(parts.map(\.slot) == [0, 1])
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
      let parts = plan(slots, batchSize: batchSize)
      let total = parts.reduce(0) { $0 + $1.count }
      #expect(total <= batchSize)
      #expect(Set(parts.map(\.slot)).count == parts.count)
      for (slot, work) in slots.enumerated() where work == .generate {
        #expect(parts.contains(BatchPart(slot: slot, count: 1, wantsLogits: true)))
      }
      for part in parts {
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
