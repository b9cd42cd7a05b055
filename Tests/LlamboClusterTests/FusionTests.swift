import Foundation
import LlamboWire
import Testing

@testable import LlamboCluster

/// What several nodes' answers become.
@Suite struct FusionTests {
  // MARK: fastest

  @Test func theFirstToFinishIsTheFastest() {
    let panel = Panel(.fastest)
    panel.answer(1, "yes", nil)
    #expect(panel.result?.node == "node-1" && panel.result?.fusion?.winner == 1)
    #expect(panel.cancelled == [0, 2])
    #expect(panel.isSound)
  }

  @Test func whoIsAheadIsShownAndAnyMayGoOnFromThere() {
    let panel = Panel(.fastest)
    panel.say(0, "a", "b")
    #expect(panel.shown == ["a", "b"])
    panel.say(1, "a", "b", "c")
    panel.fail(0)
    panel.say(2, "a")
    #expect(panel.shown == ["a", "b", "c"])
    panel.say(2, "b", "c", "d")
    panel.end(2)
    #expect(panel.result?.text == "abcd")
    #expect(panel.isSound)
  }

  @Test func whoSaysSomethingElseThanWasShownIsOutAndCancelled() {
    let panel = Panel(.fastest)
    panel.say(0, "a", "b")
    panel.say(1, "a", "x")
    #expect(panel.cancelled == [1])
    panel.say(1, "y")
    panel.end(1)
    #expect(panel.isOpen)
    panel.end(0)
    #expect(panel.result?.text == "ab")
    #expect(panel.cancelled == [1, 2])
    #expect(panel.isSound)
  }

  @Test func whoEndsBeforeWhatWasShownIsOut() {
    let panel = Panel(.fastest, 2)
    panel.say(0, "a", "b")
    panel.answer(1, "a")
    #expect(panel.isOpen)
    panel.fail(0)
    #expect(panel.error?.code == .nodeLost)
    #expect(panel.isSound)
  }

  // MARK: majority

  @Test func whatMostSayIsTheAnswerAsSoonAsNoneCanOvertakeIt() {
    let panel = Panel(.majority)
    panel.answer(0, "yes")
    panel.answer(1, "no")
    #expect(panel.isOpen && panel.shown.isEmpty)
    panel.answer(2, "yes")
    #expect(panel.result?.text == "yes")
    #expect(panel.result?.fusion?.answers.map(\.votes) == [2, 1])
    #expect(panel.result?.fusion?.answers.first?.nodes == ["node-0", "node-2"])
    #expect(panel.isSound)
  }

  @Test func twoOfThreeNeedNoThird() {
    let panel = Panel(.majority)
    panel.answer(0, "yes")
    panel.answer(2, "yes")
    #expect(panel.result?.text == "yes")
    #expect(panel.cancelled == [1])
    #expect(panel.result?.fusion?.cancelled == 1)
  }

  @Test func aTokenThatMoreThanHalfHaveIsShownAtOnce() {
    let panel = Panel(.majority)
    panel.say(0, "a", "b", "c")
    #expect(panel.shown.isEmpty)
    panel.say(1, "a", "b", "x")
    #expect(panel.shown == ["a", "b"])
    panel.say(2, "z")
    #expect(panel.cancelled == [2])
    // Neither of the two goes the way of both: the vote decides between them.
    panel.end(0, -0.5)
    panel.end(1, -0.1)
    #expect(panel.result?.text == "abx")
    #expect(panel.isSound)
  }

  @Test func aTieGoesToTheLikelierAndThenToTheFirst() {
    let likelier = Panel(.majority)
    likelier.answer(0, "a", -2)
    likelier.answer(1, "b", -0.5)
    likelier.answer(2, "c", -1)
    #expect(likelier.result?.text == "b")
    let first = Panel(.majority)
    for (member, text) in ["c", "b", "a"].enumerated() { first.answer(member, text, -1) }
    #expect(first.result?.text == "c")
  }

  @Test func whiteSpaceAtTheEndsMakesNoOtherAnswer() {
    let panel = Panel(.majority)
    panel.answer(0, " yes\n", -2)
    panel.answer(1, "no", -0.1)
    panel.answer(2, "yes", -1)
    // The one of the two that is likelier, as it is.
    #expect(panel.result?.text == "yes" && panel.result?.node == "node-2")
    #expect(panel.isSound)
  }

  @Test func failuresLeaveTheVoteToTheOthers() {
    let panel = Panel(.majority)
    panel.fail(1, .queueFull)
    panel.answer(0, "a", -1)
    #expect(panel.isOpen)
    panel.answer(2, "b", -2)
    #expect(panel.result?.text == "a")
    #expect(panel.result?.fusion?.failed == 1 && panel.result?.fusion?.answered == 2)
  }

  @Test func whoIsLeftAloneStreams() {
    let panel = Panel(.majority)
    panel.say(2, "a", "b")
    panel.fail(0)
    #expect(panel.shown.isEmpty)
    panel.fail(1)
    #expect(panel.shown == ["a", "b"])
    panel.say(2, "c")
    panel.end(2)
    #expect(panel.result?.text == "abc")
    #expect(panel.isSound)
  }

  @Test func fourOfNineAreNotCertainWhileFiveMayGoAnotherWay() {
    let panel = Panel(.majority, 9)
    for member in 0..<4 { panel.answer(member, "b") }
    for member in 4..<7 {
      panel.say(member, "a", "\(member)")
      panel.end(member)
    }
    // Neither of the two could still overtake four votes, but five are more than half.
    #expect(panel.isOpen)
    panel.say(7, "a")
    panel.say(8, "a")
    #expect(panel.shown == ["a"])
    panel.end(7)
    panel.end(8)
    #expect(panel.result?.text == "a")
  }

  // MARK: quorum

  @Test func aQuorumEndsIt() {
    let panel = Panel(.quorum, 5, quorum: 2)
    panel.answer(0, "a")
    panel.answer(1, "b")
    #expect(panel.isOpen && panel.shown.isEmpty)
    panel.answer(3, "b")
    #expect(panel.result?.text == "b")
    #expect(panel.cancelled == [2, 4])
    #expect(panel.isSound)
  }

  @Test func theUsualQuorumIsMoreThanHalfAndStreams() {
    let panel = Panel(.quorum, 4)
    for member in 0..<3 { panel.say(member, "a") }
    #expect(panel.shown == ["a"])
    for member in 0..<2 { panel.end(member) }
    #expect(panel.isOpen)
    panel.end(2)
    #expect(panel.result?.text == "a")
  }

  @Test func withoutAgreementThereIsNoQuorum() {
    let panel = Panel(.quorum)
    panel.answer(0, "a")
    panel.answer(1, "b")
    #expect(panel.isOpen)
    panel.answer(2, "c")
    #expect(panel.error?.code == .noQuorum)
    #expect(panel.isSound)
  }

  @Test func aQuorumThatCannotBeReachedEndsItAtOnce() {
    let panel = Panel(.quorum, 3, quorum: 3)
    panel.answer(0, "a")
    panel.answer(1, "b")
    #expect(panel.error?.code == .noQuorum)
    #expect(panel.cancelled == [2])
    let failing = Panel(.quorum, 3, quorum: 2)
    failing.answer(0, "a")
    failing.fail(1)
    failing.fail(2)
    #expect(failing.error?.code == .noQuorum)
    #expect(failing.error?.message.contains("it broke") == true)
    #expect(failing.shown.isEmpty)
  }

  @Test func whereNobodyAnsweredTheFirstErrorIsTheClients() {
    let panel = Panel(.quorum)
    panel.fail(2, .noNodes)
    panel.fail(0, .queueFull)
    #expect(panel.error?.code == .noNodes)
    #expect(panel.cancelled == [1])
  }

  // MARK: confidence and weights

  @Test func theMostConfidentWinsOnceAllHaveAnswered() {
    let panel = Panel(.confidence)
    panel.answer(0, "a", -1)
    panel.answer(1, "b", -0.2)
    #expect(panel.isOpen && panel.shown.isEmpty)
    panel.answer(2, "c", -0.9)
    #expect(panel.result?.text == "b")
    #expect(panel.isSound)
  }

  @Test func whatAllSayIsShownWhileTheMostConfidentIsNotKnown() {
    let panel = Panel(.confidence)
    for member in 0..<3 { panel.say(member, "a", "b\(member)") }
    #expect(panel.shown == ["a"])
    for member in 0..<3 { panel.end(member, Double(member) - 3) }
    #expect(panel.result?.text == "ab2")
    #expect(panel.cancelled.isEmpty)
  }

  @Test func anAnswerThatMovedIsAsConfidentAsAllItsTokens() {
    let panel = Panel(.confidence, 2)
    panel.say(0, "a", likelihood: -3)
    panel.say(0, "b", likelihood: -1)
    // Its last worker had one of the two.
    panel.end(0, -1)
    panel.say(1, "c", likelihood: -1.5)
    panel.end(1, -1.5)
    #expect(panel.result?.text == "c")
    #expect(panel.result?.fusion?.answers.last?.weight == exponential(-2))
  }

  @Test func anAnswerWithoutLikelihoodIsTheLeastConfident() {
    let panel = Panel(.confidence, 2)
    panel.answer(0, "a", nil)
    panel.answer(1, "b", -50)
    #expect(panel.result?.text == "b")
  }

  @Test func weightsAreSumsOfProbabilities() throws {
    let panel = Panel(.weightedAverage, 4)
    panel.answer(0, "a", -0.1)
    panel.answer(1, "b", -0.6)
    panel.answer(2, "b", -1.2)
    #expect(panel.isOpen)
    panel.answer(3, "c", -0.5)
    let report = try #require(panel.result?.fusion)
    // One with 0.905 against two with 0.549 and 0.301.
    #expect(panel.result?.text == "a")
    let expected = [exp(-0.1), exp(-0.6) + exp(-1.2), exp(-0.5)]
    for (group, weight) in zip(report.answers, expected) {
      #expect(abs((group.weight ?? 0) - weight) < 1e-12)
    }
  }

  @Test func aWeightThatNoneCanReachEndsIt() {
    let panel = Panel(.weightedAverage)
    panel.answer(0, "a", -0.1)
    panel.answer(2, "a", -0.2)
    #expect(panel.result?.text == "a")
    #expect(panel.cancelled == [1])
  }

  @Test func theExponentialIsThatOfTheLibrary() {
    for step in 0...70_000 {
      let x = -Double(step) / 100
      #expect(abs(exponential(x) / exp(x) - 1) < 1e-14 * max(1, -x), "\(x)")
    }
    #expect(exponential(-.infinity) == 0 && exponential(0) == 1)
  }

  // MARK: The end

  @Test func allFailuresEndInTheFirstOnesError() {
    for mode in FusionMode.allCases {
      let panel = Panel(mode)
      panel.fail(1, .queueFull)
      panel.fail(0)
      panel.fail(2)
      #expect(panel.error?.code == .queueFull, "\(mode)")
      #expect(panel.isSound)
    }
  }

  @Test func aCancelEndsItWithWhatWasShown() {
    let panel = Panel(.majority)
    panel.say(0, "a", "b")
    panel.say(1, "a")
    panel.cancel()
    #expect(panel.result?.text == "a" && panel.result?.finishReason == .cancelled)
    #expect(panel.result?.tokenCount == 1 && panel.result?.fusion?.winner == nil)
    #expect(panel.cancelled == [0, 1, 2])
    #expect(panel.isSound)
  }

  @Test func whatComesAfterTheEndChangesNothing() {
    let panel = Panel(.majority)
    panel.answer(0, "yes")
    panel.answer(1, "yes")
    let actions = panel.actions
    panel.answer(2, "no")
    panel.fail(2)
    panel.end(0)
    panel.cancel()
    #expect(panel.actions == actions)
  }

  @Test func anAnswerThatItsNodeGaveUpIsAFailure() {
    let panel = Panel(.majority, 2)
    for member in 0...1 { panel.end(member, nil, .cancelled) }
    #expect(panel.error?.code == .draining)
  }

  @Test func aMemberWhoseTokensPileUpFails() {
    let panel = Panel(.confidence, 2)
    let word = String(repeating: "x", count: 1 << 16)
    for _ in 0..<80 { panel.say(0, word) }
    #expect(panel.cancelled == [0])
    panel.answer(1, "a")
    #expect(panel.result?.text == "a")
    #expect(panel.isSound)
  }

  // MARK: Seeds

  @Test func membersHaveSeedsOfTheirOwnButInFastest() {
    let fusion = Fusion(FusionRequest(.majority, nodes: 16))
    let seeds = (0..<16).map { fusion.seed(of: $0, from: 7) }
    #expect(seeds[0] == 7)
    #expect(Set(seeds).count == 16)
    // SplitMix64's first numbers from the seed 7, their lower halves.
    var random = SplitMix64(seed: 7)
    for member in 1..<16 { #expect(seeds[member] == UInt32(truncatingIfNeeded: random.next())) }
    let fastest = Fusion(FusionRequest(.fastest, nodes: 3))
    #expect((0..<3).map { fastest.seed(of: $0, from: 7) } == [7, 7, 7])
  }
}
