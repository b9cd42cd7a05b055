import LlamboWire
import Testing

@testable import LlamboCluster

struct ShutdownTests {
  @Test func whatRunsFinishesAndThenAllIsStopped() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    let request = stage.submit().request
    #expect(stage.handle(.shutdown(grace: 500)) == [.stopNode(link, grace: 500)])
    #expect(stage.handle(.finished(request, link)) == [])
    #expect(stage.handle(.linkClosed(link)) == [.closeLink(link)])
    #expect(
      stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "ended")) == [.stopped])
    #expect(stage.cluster.counters.finished == 1)
  }

  @Test func theEndIsToldOnce() {
    let stage = Stage(nodes: 0)
    #expect(stage.handle(.shutdown(grace: 0)) == [.stopped])
    #expect(stage.handle(.tick) == [])
    #expect(stage.handle(.shutdown(grace: 0)) == [])
    #expect(stage.handle(.linkClosed(LinkID(1))) == [])
  }

  @Test func whatWaitsIsRefused() {
    let stage = Stage()
    _ = stage.bringUp()
    for _ in 0..<3 { _ = stage.submit() }
    #expect(stage.handle(.shutdown(grace: 0)).failures == [.draining, .draining])
    #expect(stage.submit().directives.failures == [.draining])
  }

  @Test func aNodeThatDoesNotStopInTimeIsKilled() {
    let stage = Stage { $0.stopTimeout = 1000 }
    let link = stage.bringUp()[0]
    _ = stage.handle(.shutdown(grace: 500))
    #expect(stage.advance(1499) == [])
    #expect(
      stage.advance(1) == [.closeLink(link), .kill(node: "worker-0001", pid: 101), .stopped])
  }

  @Test func theRequestOfANodeThatIsKilledEndsInAnError() {
    let stage = Stage { $0.stopTimeout = 1000 }
    let link = stage.bringUp()[0]
    let request = stage.submit().request
    _ = stage.handle(.shutdown(grace: 0))
    let directives = stage.advance(1000)
    #expect(directives.failures == [.nodeLost])
    #expect(directives.last == .stopped)
    #expect(stage.handle(.finished(request, link)) == [])
  }

  @Test func aNodeThatStartsIsKilledAsSoonAsItsProcessIsKnown() {
    let stage = Stage(nodes: 2)
    _ = stage.handle(.started)
    _ = stage.handle(.launched(node: "worker-0001", epoch: 101, pid: 1))
    #expect(stage.handle(.shutdown(grace: 0)) == [.kill(node: "worker-0001", pid: 1)])
    #expect(
      stage.handle(.launched(node: "worker-0002", epoch: 102, pid: 2))
        == [.kill(node: "worker-0002", pid: 2)])
    #expect(stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "x")) == [])
    #expect(
      stage.handle(.processEnded(node: "worker-0002", epoch: 102, reason: "x")) == [.stopped])
  }

  @Test func aNodeThatWaitsIsForgottenAtOnce() {
    let stage = Stage()
    _ = stage.handle(.started)
    _ = stage.handle(.launchFailed(node: "worker-0001", epoch: 101, reason: "x"))
    _ = stage.handle(.launchFailed(node: "worker-0001", epoch: 102, reason: "x"))
    #expect(stage.handle(.shutdown(grace: 0)) == [.stopped])
  }

  @Test func aGuestIsToldToStopAndItsLeavingIsEnough() {
    let stage = Stage(nodes: 0)
    let link = stage.newLink()
    _ = stage.handle(.hello(link, stage.hello(nil)))
    #expect(stage.handle(.shutdown(grace: 9)) == [.stopNode(link, grace: 9)])
    #expect(stage.handle(.linkClosed(link)) == [.closeLink(link), .stopped])
  }

  @Test func nothingIsLaunchedAnyMore() {
    let stage = Stage(nodes: 4) { $0.launchesAtOnce = 1 }
    _ = stage.handle(.started)
    _ = stage.handle(.shutdown(grace: 0))
    let end = stage.handle(.launchFailed(node: "worker-0001", epoch: 101, reason: "x"))
    #expect(end == [.stopped])
    #expect(stage.run(5000) == [])
  }
}
