import LlamboCommand
import Testing

@Suite struct NearestWordTests {
  static let words = ["strategy", "timeout", "max_retries", "nodes", "node"]

  @Test(arguments: [
    ("stratgy", "strategy"), ("startegy", "strategy"), ("STRATEGY", "strategy"),
    ("strategyy", "strategy"), ("tmieout", "timeout"), ("max-retries", "max_retries"),
    ("nods", "nodes"), ("strat", "strategy"), ("time", "timeout"),
  ])
  func `A slip of the finger is understood`(typed: String, meant: String) {
    #expect(nearestWord(to: typed, in: Self.words) == meant)
  }

  @Test(arguments: ["", "x", "banana", "st", "max_nodes_of_all"])
  func `What is close to nothing is left alone`(typed: String) {
    #expect(nearestWord(to: typed, in: Self.words) == nil)
  }

  @Test func `A beginning that two words share decides nothing`() {
    #expect(nearestWord(to: "scale", in: ["scale_up_threshold", "scale_down_threshold"]) == nil)
  }

  @Test func `A very long word costs nothing`() {
    #expect(nearestWord(to: String(repeating: "a", count: 1_000_000), in: Self.words) == nil)
  }

  @Test func `One letter is not taken for another`() {
    #expect(nearestWord(to: "x", in: ["y"]) == nil)
  }
}
