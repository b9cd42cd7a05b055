import LlamboWire
import Testing

@testable import LlamboCluster

/// What becomes of one accepted request.
struct RequestTests {
  // MARK: Time

  @Test func aQueuedRequestTimesOut() {
    let stage = Stage { $0.requestTimeout = 1000 }
    _ = stage.handle(.started)
    _ = stage.submit()
    #expect(stage.advance(999) == [])
    #expect(stage.advance(1).failures == [.timeout])
    #expect(stage.cluster.queued == 0)
  }

  @Test func aRunningRequestThatTimesOutHoldsItsSlotUntilItsWorkerLetsGo() {
    let stage = Stage { $0.requestTimeout = 1000 }
    let link = stage.bringUp()[0]
    let request = stage.submit().request
    _ = stage.run(600)
    let next = stage.submit().request
    let directives = stage.run(400).filter { $0 != .ping(link) }
    #expect(directives.count == 2)
    #expect(directives.first == .cancel(request, link))
    #expect(directives.failures == [.timeout])
    #expect(!stage.token(request, from: link))
    #expect(!stage.cluster.isServed(request, by: link))
    #expect(stage.handle(.finished(request, link)) == [.send(next, link)])
    #expect(stage.cluster.counters.finished == 0)
  }

  @Test func theErrorOfARequestThatTimedOutFreesItsSlotToo() {
    let stage = Stage { $0.requestTimeout = 1000 }
    let link = stage.bringUp()[0]
    let request = stage.submit().request
    _ = stage.run(1000)
    #expect(stage.handle(.failed(request, link, WireError(.unknownRequest, "x"))) == [])
    #expect(stage.place() == link)
  }

  // MARK: Cancelling

  @Test func aQueuedRequestIsCancelledAtOnce() {
    let stage = Stage()
    _ = stage.handle(.started)
    let request = stage.submit().request
    #expect(stage.handle(.cancelled(request)) == [.endCancelled(request)])
    #expect(stage.handle(.cancelled(request)) == [])
    #expect(stage.cluster.counters.cancelled == 1)
  }

  @Test func aRunningRequestIsCancelledByItsWorker() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    let request = stage.submit().request
    #expect(stage.handle(.cancelled(request)) == [.cancel(request, link)])
    #expect(stage.cluster.isServed(request, by: link))
    #expect(stage.handle(.finished(request, link)) == [])
    #expect(stage.place() == link)
  }

  @Test func aCancelledRequestIsNotSentAnewWhenItsNodeIsLost() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    _ = stage.handle(.cancelled(request))
    #expect(
      stage.handle(.linkClosed(links[0])) == [.closeLink(links[0]), .endCancelled(request)])
  }

  @Test func aCancelledRequestIsNotSentAnewWhenItsNodeRefusesIt() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    _ = stage.handle(.cancelled(request))
    #expect(
      stage.handle(.failed(request, links[0], WireError(.draining, "x")))
        == [.endCancelled(request)])
  }

  @Test func anUnknownRequestCannotBeCancelled() {
    let stage = Stage()
    #expect(stage.handle(.cancelled(RequestID(99))) == [])
  }

  // MARK: Lost nodes

  @Test func anUntouchedRequestOfALostNodeIsSentElsewhere() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(
      stage.handle(.linkClosed(links[0])) == [.closeLink(links[0]), .send(request, links[1])])
    #expect(stage.cluster.counters.retried == 1)
  }

  @Test func aRequestThatComesBackIsFirstInTheQueue() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let running = [stage.submit().request, stage.submit().request]
    let waiting = stage.submit().request
    #expect(stage.handle(.linkClosed(links[0])) == [.closeLink(links[0])])
    #expect(stage.handle(.finished(running[1], links[1])) == [.send(running[0], links[1])])
    #expect(stage.handle(.finished(running[0], links[1])) == [.send(waiting, links[1])])
  }

  @Test func requestsThatComeBackTogetherKeepTheirOrder() {
    let stage = Stage()
    let link = stage.bringUp(slots: 3)[0]
    let requests = (0..<3).map { _ in stage.submit().request }
    _ = stage.handle(.linkClosed(link))
    let again = stage.newLink()
    let sent = stage.handle(
      .hello(again, stage.hello("worker-0001", epoch: 101, slots: 3, pid: 101)))
    #expect(
      sent.dropFirst() == [
        .send(requests[0], again), .send(requests[1], again), .send(requests[2], again),
      ])
  }

  @Test func aRequestIsSentAnewAsOftenAsAllowed() {
    let stage = Stage(nodes: 1) { $0.maxRetries = 2 }
    var link = stage.bringUp()[0]
    let request = stage.submit().request
    for _ in 0..<2 {
      #expect(stage.handle(.linkClosed(link)).failures == [])
      link = stage.newLink()
      _ = stage.handle(.hello(link, stage.hello("worker-0001", epoch: 101, pid: 101)))
      #expect(stage.cluster.isServed(request, by: link))
    }
    #expect(stage.handle(.linkClosed(link)).failures == [.nodeLost])
  }

  @Test func aRequestThatTimedOutIsForgottenWithItsNode() {
    let stage = Stage { $0.requestTimeout = 1000 }
    let link = stage.bringUp()[0]
    _ = stage.submit()
    _ = stage.run(1000)
    #expect(stage.handle(.linkClosed(link)) == [.closeLink(link)])
    #expect(stage.cluster.requests.isEmpty)
  }

  // MARK: Answers

  @Test func aDrainingNodeGetsNoMoreWork() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp(slots: 4)
    let busy = (0..<2).map { _ in stage.submit().request }
    // One node is idle, and so the first choice; but it drains.
    _ = stage.handle(.finished(busy[1], links[1]))
    let (request, first) = stage.submit()
    #expect(first == [.send(request, links[1])])
    #expect(
      stage.handle(.failed(request, links[1], WireError(.draining, "x")))
        == [.send(request, links[0])])
    #expect(stage.place() == links[0])
    #expect(stage.place() == links[0])
    #expect(stage.place() == nil)
  }

  @Test func aNodeThatDrainedIsUsedInItsNextLife() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    let request = stage.submit().request
    #expect(stage.handle(.failed(request, link, WireError(.draining, "x"))) == [])
    let launches = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "drained"))
    let next = stage.answer(launches)
    #expect(stage.cluster.isServed(request, by: next[0]))
  }

  @Test func anErrorThatIsNotTheNodesIsTheClients() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    let error = WireError(.invalidRequest, "no")
    #expect(stage.handle(.failed(request, links[0], error)) == [.fail(request, error)])
    #expect(stage.place() != nil && stage.place() != nil)
  }

  @Test func answersOfALinkThatNoLongerServesAreIgnored() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    _ = stage.handle(.linkClosed(links[0]))
    #expect(stage.handle(.finished(request, links[0])) == [])
    #expect(stage.handle(.failed(request, links[0], WireError(.timeout, "x"))) == [])
    #expect(!stage.token(request, from: links[0]))
    #expect(stage.cluster.isServed(request, by: links[1]))
    #expect(stage.token(request, from: links[1]))
  }

  @Test func aSecondEndOfARequestIsIgnored() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    let request = stage.submit().request
    _ = stage.handle(.finished(request, link))
    #expect(stage.handle(.finished(request, link)) == [])
    #expect(stage.handle(.failed(request, link, WireError(.timeout, "x"))) == [])
    #expect(stage.cluster.counters.finished == 1)
    #expect(stage.cluster.counters.failed == 0)
  }
}
