import LlamboWire
import Testing

@testable import LlamboCluster

/// Answers that a worker ends before their time, or breaks.
struct CutShortTests {
  @Test func anAnswerMayEndAsCancelledOnceItsClientAskedForThat() {
    let stage = Stage()
    _ = stage.bringUp()
    let request = stage.submit().request
    #expect(!stage.cluster.mayEndAsCancelled(request))
    _ = stage.handle(.cancelled(request))
    #expect(stage.cluster.mayEndAsCancelled(request))
  }

  @Test func inAShutdownAnswersMayEndAsCancelled() {
    let stage = Stage()
    _ = stage.bringUp()
    let request = stage.submit().request
    _ = stage.handle(.shutdown(grace: 100))
    #expect(stage.cluster.mayEndAsCancelled(request))
  }

  @Test func anAnswerThatItsWorkerGaveUpGoesOnElsewhere() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.token(request, from: links[0]))
    let givenUp = stage.handle(
      .failed(request, links[0], WireError(.draining, "the worker gave this answer up")))
    #expect(givenUp == [.send(request, links[1])])
    #expect(stage.cluster.journal(of: request) == [1000])
  }

  @Test func whatAFaultyWorkerServedIsNotSentToANodeThatIsLostAtThatMoment() {
    let stage = Stage(nodes: 2) { $0.maxRetries = 1 }
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.token(request, from: links[0], index: 0))
    #expect(!stage.token(request, from: links[0], index: 2))
    // Both nodes are gone after this, so it waits, and is not failed for a vain attempt.
    let closed = stage.handle(.linkClosed(links[1]))
    #expect(closed == [.closeLink(links[1]), .closeLink(links[0])])
    #expect(stage.cluster.queued == 1)
  }

  @Test func aFaultyWorkerGetsNothingNewAndItsLastLineCountsNoMore() {
    let stage = Stage(nodes: 1)
    let link = stage.bringUp(slots: 2)[0]
    let request = stage.submit().request
    #expect(stage.token(request, from: link, index: 0))
    #expect(!stage.token(request, from: link, index: 2))
    #expect(stage.handle(.finished(request, link)) == [.closeLink(link)])
    #expect(stage.cluster.queued == 1)
    #expect(stage.cluster.counters.finished == 0)
  }
}
