import LlamboWire
import Testing

@testable import LlamboCluster

/// Requests whose client has seen tokens, and whose node is lost.
struct FailoverTests {
  @Test func anAnswerThatHasBegunGoesOnElsewhereWithItsJournal() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    for _ in 0..<3 { #expect(stage.token(request, from: links[0])) }
    #expect(
      stage.handle(.linkClosed(links[0])) == [.closeLink(links[0]), .send(request, links[1])])
    #expect(stage.cluster.journal(of: request) == [1000, 1001, 1002])
    #expect(stage.token(request, from: links[1], index: 3))
    #expect(stage.cluster.counters.failovers == 1)
    #expect(stage.cluster.counters.tokens == 4)
  }

  @Test func aTokenThatTheClientHasIsDropped() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    let request = stage.submit().request
    #expect(stage.token(request, from: link, index: 0))
    #expect(!stage.token(request, from: link, index: 0))
    #expect(stage.token(request, from: link, index: 1))
    #expect(stage.cluster.journal(of: request) == [1000, 1001])
    #expect(stage.cluster.isServed(request, by: link))
  }

  @Test func aTokenOfAnotherLinkIsDropped() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(!stage.token(request, from: links[1]))
    #expect(!stage.token(RequestID(99), from: links[0]))
    #expect(stage.cluster.journal(of: request) == [])
  }

  @Test func theTokensOfALifeThatIsOverNeverCount() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.token(request, from: links[0]))
    _ = stage.handle(.linkClosed(links[0]))
    #expect(!stage.token(request, from: links[0], index: 1))
    #expect(stage.token(request, from: links[1], index: 1))
    #expect(stage.cluster.journal(of: request) == [1000, 1001])
  }

  @Test func aWorkerThatLeavesOutATokenLosesItsLinkAndNothingAfterItCounts() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.token(request, from: links[0], index: 0))
    #expect(!stage.token(request, from: links[0], index: 2))
    #expect(!stage.token(request, from: links[0], index: 1))
    #expect(!stage.cluster.isServed(request, by: links[0]))
    #expect(
      stage.handle(.finished(request, links[0])) == [
        .closeLink(links[0]), .send(request, links[1]),
      ])
    #expect(stage.cluster.counters.finished == 0)
    let again = stage.newLink()
    _ = stage.handle(.hello(again, stage.hello("worker-0001", epoch: 101, pid: 101)))
    #expect(stage.place() == again)
  }

  // MARK: How often

  @Test func attemptsThatBringNothingCountAndOneThatBringsATokenClearsThem() {
    let stage = Stage(nodes: 1) {
      $0.maxRetries = 2
      $0.lossesLimit = 0
    }
    var link = stage.bringUp()[0]
    let request = stage.submit().request
    func loseLink() -> [Directive] {
      let directives = stage.handle(.linkClosed(link))
      link = stage.newLink()
      _ = stage.handle(.hello(link, stage.hello("worker-0001", epoch: 101, pid: 101)))
      return directives
    }
    // Twice nothing, then a token: a long answer outlives many nodes.
    for _ in 0..<5 {
      #expect(loseLink().failures == [])
      #expect(loseLink().failures == [])
      #expect(stage.token(request, from: link))
    }
    for _ in 0..<2 { #expect(loseLink().failures == []) }
    #expect(loseLink().failures == [.nodeLost])
  }

  @Test func aStreamThatHasBegunOutlivesManyNodesInARow() {
    let stage = Stage(nodes: 1) {
      $0.maxRetries = 2
      $0.lossesLimit = 5
      $0.retriesPerSecond = 0
      $0.retryShare = 0
    }
    var link = stage.bringUp()[0]
    let request = stage.submit().request
    func loseLink() -> [Directive] {
      let directives = stage.handle(.linkClosed(link))
      link = stage.newLink()
      let sent = stage.handle(.hello(link, stage.hello("worker-0001", epoch: 101, pid: 101)))
      if directives.failures.isEmpty { #expect(sent.contains(.send(request, link))) }
      return directives
    }
    for _ in 0..<3 {
      #expect(stage.token(request, from: link))
      // The first of them brought a token, and five more may be lost before the next.
      for _ in 0..<6 { #expect(loseLink().failures == []) }
    }
    // Then its own tries are at stake, and with no budget it waits for one.
    _ = stage.handle(.linkClosed(link))
    #expect(stage.cluster.pacing == 1)
  }

  @Test func withoutRetriesTheLossOfANodeIsTheClients() {
    let stage = Stage(nodes: 2) { $0.maxRetries = 0 }
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.token(request, from: links[0]))
    #expect(stage.handle(.linkClosed(links[0])).failures == [.nodeLost])
  }

  @Test func anAnswerMovesNoMoreOftenThanTheLimit() {
    let stage = Stage { $0.movesLimit = 3 }
    var link = stage.bringUp()[0]
    let request = stage.submit().request
    for _ in 0..<3 {
      #expect(stage.token(request, from: link))
      #expect(stage.handle(.linkClosed(link)).failures == [])
      link = stage.newLink()
      _ = stage.handle(.hello(link, stage.hello("worker-0001", epoch: 101, pid: 101)))
    }
    #expect(stage.handle(.linkClosed(link)).failures == [.nodeLost])
  }

  @Test func aWorkersOwnTroubleSendsARequestElsewhere() {
    for code in ["decode_failed", "engine_stopped", "queue_full"] {
      let stage = Stage(nodes: 2)
      let links = stage.bringUp()
      let request = stage.submit().request
      let directives = stage.handle(.failed(request, links[0], WireError(.init(code), "x")))
      #expect(directives == [.send(request, links[1])], "\(code)")
    }
  }

  // MARK: Poison

  @Test func aRequestAtWhichTwoNodesCrashIsRefused() {
    let stage = Stage(nodes: 3)
    let links = stage.bringUp()
    let request = stage.submit().request
    let first = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "SIGSEGV"))
    #expect(first.contains(.send(request, links[1])))
    let second = stage.handle(.processEnded(node: "worker-0002", epoch: 102, reason: "SIGSEGV"))
    #expect(second.failures == [.poisonRequest])
    #expect(!second.contains(.send(request, links[2])))
  }

  @Test func noRequestIsToBlameForNodesThatWereKilled() {
    let stage = Stage(nodes: 3)
    let links = stage.bringUp()
    let request = stage.submit().request
    for (place, epoch) in [(0, 101), (1, 102)] as [(Int, UInt64)] {
      let end = stage.handle(
        .processEnded(
          node: "worker-000\(place + 1)", epoch: epoch, reason: "SIGKILL", wasKilled: true))
      #expect(end.failures.isEmpty)
      #expect(end.contains(.send(request, links[place + 1])))
    }
  }

  @Test func aSuspectWaitsUntilItIsKnownWhetherItsNodeCrashed() {
    let stage = Stage(nodes: 3)
    let links = stage.bringUp()
    let request = stage.submit().request
    _ = stage.handle(.linkClosed(links[0]))
    _ = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "SIGSEGV"))
    #expect(stage.cluster.isServed(request, by: links[1]))
    // The link goes first; a third node must not get what may have killed two.
    #expect(stage.handle(.linkClosed(links[1])) == [.closeLink(links[1])])
    let end = stage.handle(.processEnded(node: "worker-0002", epoch: 102, reason: "SIGSEGV"))
    #expect(end.failures == [.poisonRequest])
  }

  @Test func aSuspectWhoseNodeOnlyLostItsLinkGoesOn() {
    let stage = Stage(nodes: 3)
    let links = stage.bringUp()
    let request = stage.submit().request
    _ = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "SIGSEGV"))
    _ = stage.handle(.linkClosed(links[1]))
    let again = stage.handle(
      .hello(stage.newLink(), stage.hello("worker-0002", epoch: 102, pid: 102)))
    #expect(again.contains { if case .send(request, _) = $0 { true } else { false } })
  }

  @Test func aSuspectThatWaitsCanBeCancelledAndTimesOut() {
    for cancels in [true, false] {
      let stage = Stage(nodes: 3) { $0.requestTimeout = 1000 }
      let links = stage.bringUp()
      let request = stage.submit().request
      _ = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "SIGSEGV"))
      _ = stage.handle(.linkClosed(links[1]))
      if cancels {
        #expect(stage.handle(.cancelled(request)) == [.endCancelled(request)])
      } else {
        #expect(stage.run(1000).failures == [.timeout])
      }
      #expect(stage.cluster.requests.isEmpty && stage.cluster.queued == 0)
    }
  }

  @Test func aRequestThatGotFurtherBetweenTwoCrashesIsNoPoison() {
    let stage = Stage(nodes: 3)
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.token(request, from: links[0]))
    _ = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "SIGKILL"))
    #expect(stage.token(request, from: links[1]))
    let second = stage.handle(.processEnded(node: "worker-0002", epoch: 102, reason: "SIGKILL"))
    #expect(second.failures == [])
    // Twice at the same token is once too often.
    let third = stage.handle(.processEnded(node: "worker-0003", epoch: 103, reason: "SIGSEGV"))
    #expect(third.failures == [.poisonRequest])
  }

  // MARK: Seeds

  @Test func aRequestKeepsItsSeedAndEachHasItsOwn() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp(slots: 50)
    let requests = (0..<50).map { _ in stage.submit().request }
    let seeds = requests.map { stage.cluster.seed(of: $0) }
    #expect(Set(seeds).count == 50 && !seeds.contains(nil))
    _ = stage.handle(.linkClosed(links[0]))
    #expect(requests.map { stage.cluster.seed(of: $0) } == seeds)
  }

  @Test func seedsDoNotDependOnHowNodesAreChosen() {
    func seeds(_ strategy: Strategy) -> [UInt32?] {
      let stage = Stage(nodes: 3) { $0.strategy = strategy }
      _ = stage.bringUp(slots: 10)
      return (0..<10).map { _ in stage.cluster.seed(of: stage.submit().request) }
    }
    #expect(seeds(.random) == seeds(.roundRobin))
  }
}
