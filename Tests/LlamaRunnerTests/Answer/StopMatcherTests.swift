import Testing

@testable import LlamaRunner

@Suite struct StopMatcherTests {
  @Test func withoutStopStringsNothingIsHeldBack() {
    var matcher = StopMatcher([])
    #expect(matcher.append("END") == .none)
  }

  @Test func aBeginningIsHeldBackUntilItIsDecided() {
    var matcher = StopMatcher(["END"])
    #expect(matcher.append("the E") == .undecided(bytes: 1))
    #expect(matcher.append("N") == .undecided(bytes: 2))
    #expect(matcher.append("E") == .undecided(bytes: 1))
    #expect(matcher.append("x") == .none)
  }

  @Test func aStopStringAndWhatFollowsItAreCounted() {
    var matcher = StopMatcher(["END"])
    #expect(matcher.append("an E") == .undecided(bytes: 1))
    #expect(matcher.append("ND of it") == .stop(bytes: 9))
  }

  @Test func ofSeveralTheFirstToBeginCounts() {
    var matcher = StopMatcher(["abcd", "b"])
    #expect(matcher.append("ab") == .undecided(bytes: 2))
    #expect(matcher.append("x") == .stop(bytes: 2))
  }

  @Test func whatIsHeldBackIsTheTextsEndUpToAStop() {
    var random = SplitMix(state: 11)
    for _ in 0..<2000 {
      let stops = (0..<2).map { _ in Self.text(1...4, &random) }
      let text = Self.text(0...12, &random)
      var matcher = StopMatcher(stops)
      var seen = ""
      for character in text {
        seen.append(character)
        switch matcher.append(String(character)) {
        case .none: #expect(!stops.contains { seen.contains($0) })
        case .undecided(let bytes):
          #expect(stops.contains { $0.hasPrefix(seen.suffix(bytes)) && $0.count > bytes })
        case .stop(let bytes):
          #expect(stops.contains { seen.suffix(bytes).hasPrefix($0) })
          let before = seen.dropLast(bytes)
          #expect(!stops.contains { before.contains($0) })
        }
        if stops.contains(where: { seen.contains($0) }) { break }
      }
    }
  }

  private static func text(_ count: ClosedRange<Int>, _ random: inout SplitMix) -> String {
    String(
      (0..<Int.random(in: count, using: &random)).map { _ in "ab".randomElement(using: &random)! })
  }
}
