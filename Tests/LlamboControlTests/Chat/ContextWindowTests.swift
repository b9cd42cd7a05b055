import Testing

@testable import LlamboControl

/// Which turns of a conversation are sent.
struct ContextWindowTests {
  /// Turns of these many tokens, and a question of 10.
  private func firstTurn(
    _ window: ContextWindow, turns: [Int], from first: Int = 0, measured: inout [Int]
  ) -> Int {
    window.firstTurn(of: turns.count, from: first) { turn in
      measured.append(turn)
      return 10 + turns[turn...].reduce(0, +)
    }
  }

  @Test func whatFitsIsMeasuredOnceAndSent() {
    var measured: [Int] = []
    let window = ContextWindow(size: 100, answer: 20)
    #expect(firstTurn(window, turns: [30, 30, 10], measured: &measured) == 0)
    #expect(measured == [0])
  }

  @Test func theOldestTurnsGoUntilTheRestFitsWithRoomForTheAnswer() {
    let window = ContextWindow(size: 100, answer: 20)
    for turns in [
      [30, 30, 11], [80, 1, 1], [1, 80, 1], [1, 1, 80], Array(repeating: 9, count: 50),
    ] {
      var measured: [Int] = []
      let first = firstTurn(window, turns: turns, measured: &measured)
      #expect(turns[first...].reduce(10, +) <= 80)
      #expect(first == 0 || turns[(first - 1)...].reduce(10, +) > 80, "\(turns): \(first)")
      #expect(measured.count < 8)
    }
  }

  @Test func whatWasLeftOutStaysOut() {
    var measured: [Int] = []
    let window = ContextWindow(size: 100, answer: 20)
    #expect(firstTurn(window, turns: [1, 1, 1], from: 2, measured: &measured) == 2)
    #expect(measured == [2])
    #expect(firstTurn(window, turns: [1, 1, 1], from: 3, measured: &measured) == 3)
    #expect(measured == [2])
  }

  @Test func theQuestionIsSentHoweverLongItIs() {
    var measured: [Int] = []
    let window = ContextWindow(size: 8, answer: 128)
    #expect(window.room == 4)
    #expect(firstTurn(window, turns: [5, 5], measured: &measured) == 2)
  }

  @Test func nothingIsLeftOutWhereNobodyCanMeasure() {
    let window = ContextWindow(size: 100, answer: 20)
    #expect(window.firstTurn(of: 3, from: 1) { _ in nil } == 1)
    #expect(window.firstTurn(of: 9, from: 0) { $0 == 0 ? 1000 : nil } == 0)
  }
}
