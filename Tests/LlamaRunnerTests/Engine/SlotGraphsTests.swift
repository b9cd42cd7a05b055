import Testing

@testable import LlamaRunner

@Suite struct SlotGraphsTests {
  /// Of a row of slots, those that are busy marked by an x.
  private func cost(_ slots: String) -> Int {
    let busy = slots.map { $0 == "x" }
    return SlotGraphs.cost(busy: { busy[$0] }, count: busy.count)
  }

  @Test func aGraphAndItsRowsAreCounted() {
    let graph = SlotGraphs.gapMax
    #expect(cost("....") == 0)
    #expect(cost("..x.") == graph + 1)
    #expect(cost("xxxx") == graph + 4)
    #expect(cost("x.x.") == graph + 3)
    #expect(cost("x......x") == 2 * graph + 2)
  }

  @Test func neighboursAreNeverDearer() {
    #expect(cost("xx....") < cost("x.x..."))
    #expect(cost("xx....") < cost("x....x"))
    #expect(cost("xxx..x") <= cost("xx.x.x"))
  }
}
