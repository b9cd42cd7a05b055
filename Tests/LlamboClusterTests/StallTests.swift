import LlamboWire
import Testing

@testable import LlamboCluster

/// Nodes that answer pings and get nowhere.
struct StallTests {
  /// Two nodes that have shown a token each; the link of the first, and its request.
  private static func stage(
    nodes: Int = 2, _ configure: (inout ClusterSettings) -> Void = { _ in }
  ) -> (Stage, [LinkID], [RequestID]) {
    let stage = Stage(nodes: nodes) {
      $0.stallTimeout = 1000
      $0.requestTimeout = 100_000
      configure(&$0)
    }
    let links = stage.bringUp(slots: 4)
    let requests = (0..<nodes).map { _ in stage.submit().request }
    for (request, link) in zip(requests, links) { #expect(stage.token(request, from: link)) }
    return (stage, links, requests)
  }

  /// Lets time pass, with a token of each of these requests at each step.
  private static func run(
    _ stage: Stage, _ span: Milliseconds, tokens: [(RequestID, LinkID)]
  ) -> [Directive] {
    (0..<span / 50).flatMap { _ in
      for (request, link) in tokens { _ = stage.token(request, from: link) }
      return stage.run(50)
    }
  }

  @Test func aNodeWithoutProgressIsEjectedThoughItAnswersPings() {
    let (stage, links, requests) = Self.stage()
    let directives = Self.run(stage, 1000, tokens: [(requests[1], links[1])])
    #expect(!directives.contains(.closeLink(links[0])))
    let next = Self.run(stage, 100, tokens: [(requests[1], links[1])])
    #expect(next.contains(.closeLink(links[0])))
    #expect(next.contains(.kill(node: "worker-0001", pid: 101)))
    #expect(next.contains(.send(requests[0], links[1])))
    #expect(next.launches.map(\.node) == ["worker-0001"])
    #expect(stage.cluster.counters.ejections == 1)
  }

  @Test func anIdleNodeDoesNotStall() {
    let (stage, links, requests) = Self.stage()
    for (request, link) in zip(requests, links) { _ = stage.handle(.finished(request, link)) }
    _ = stage.run(60_000)
    #expect(stage.cluster.counters.ejections == 0)
    // And what comes then has its time.
    _ = stage.submit()
    _ = stage.run(900)
    #expect(stage.cluster.counters.ejections == 0)
  }

  @Test func aLongPromptHasLonger() {
    let (stage, links, requests) = Self.stage(nodes: 1) {
      $0.prefillAllowance = 10
    }
    _ = stage.handle(.finished(requests[0], links[0]))
    // 400 tokens, by the estimate.
    let prompt = PromptDigest(String(repeating: "x", count: 1600))
    let request = stage.submit(Submission(prompt: prompt)).request
    _ = stage.run(4900)
    #expect(stage.cluster.counters.ejections == 0)
    // With its first token the allowance is over.
    #expect(stage.token(request, from: links[0]))
    _ = stage.run(1100)
    #expect(stage.cluster.counters.ejections == 1)
  }

  @Test func theFirstTokenOfALifeHasLonger() {
    let stage = Stage {
      $0.stallTimeout = 1000
      $0.warmUpAllowance = 5000
      $0.requestTimeout = 100_000
    }
    _ = stage.bringUp()
    _ = stage.submit()
    _ = stage.run(6000)
    #expect(stage.cluster.counters.ejections == 0)
    _ = stage.run(100)
    #expect(stage.cluster.counters.ejections == 1)
  }

  @Test func aWorkerThatDoesNotLetGoOfASlotStalls() {
    let (stage, _, requests) = Self.stage(nodes: 1)
    _ = stage.handle(.cancelled(requests[0]))
    #expect(stage.run(1100).contains(.endCancelled(requests[0])))
    #expect(stage.cluster.counters.ejections == 1)
  }

  @Test func aPauseOfTheOrchestratorIsNobodysStall() {
    let (stage, links, requests) = Self.stage()
    for _ in 0..<3 { _ = stage.advance(100_000 / 4) }
    #expect(stage.cluster.counters.ejections == 0)
    #expect(stage.token(requests[0], from: links[0]))
  }

  // MARK: Panic

  @Test func halfOfTheNodesAreKeptHoweverBadTheyLook() {
    let (stage, _, requests) = Self.stage(nodes: 6)
    _ = stage.run(1100)
    #expect(stage.cluster.counters.ejections == 3)
    #expect(stage.cluster.nodes.count { $0.state == .healthy } == 3)
    _ = stage.run(5000)
    #expect(stage.cluster.counters.ejections == 3)
    // The replacements are there: now the others go.
    for node in stage.cluster.nodes where node.state.name == "starting" {
      let hello = stage.hello(node.id, epoch: node.epoch, slots: 4)
      _ = stage.handle(.hello(stage.newLink(), hello))
    }
    _ = stage.run(100)
    #expect(stage.cluster.counters.ejections == 6)
    #expect(requests.count == 6 && stage.cluster.counters.failed == 0)
  }

  @Test func theOperatorReadsOnceThatANodeIsKept() {
    let (stage, _, _) = Self.stage(nodes: 2)
    var notes = 0
    for _ in 0..<40 {
      _ = stage.advance(50)
      for node in stage.cluster.nodes {
        if let link = node.link { _ = stage.handle(.heard(link)) }
      }
    }
    for case .note(let text) in stage.everything(of: .tick) where text.contains("kept") {
      notes += 1
    }
    #expect(notes == 0)
    #expect(stage.cluster.nodes.count { $0.isSpared } == 1)
  }

  // MARK: Guests

  @Test func aGuestThatStallsIsLeftOutForAWhileThatGrows() {
    let stage = Stage(nodes: 0) {
      $0.stallTimeout = 1000
      $0.warmUpAllowance = 0
      $0.requestTimeout = 1_000_000
      $0.maxRetries = 100
      $0.backoffFirst = 1000
    }
    var link = stage.newLink()
    _ = stage.handle(.hello(link, stage.hello("mine", pid: 7)))
    var spans: [Milliseconds] = []
    for _ in 0..<4 {
      _ = stage.submit()
      for _ in 0..<60 where stage.node("mine") != nil { _ = stage.run(50) }
      #expect(stage.node("mine") == nil)
      link = stage.newLink()
      _ = stage.handle(.hello(link, stage.hello("mine", pid: 7)))
      #expect(stage.node("mine")?.state.name == "ejected")
      let start = stage.now
      for _ in 0..<200 where stage.node("mine")?.state != .healthy { _ = stage.run(50) }
      spans.append(stage.now - start)
    }
    for (span, full) in zip(spans, [1000, 2000, 4000, 8000] as [Milliseconds]) {
      #expect((full * 4 / 5 - 100...full + 100).contains(span), "\(spans)")
    }
  }

  // MARK: Crash loops

  /// Ends each life right after its launch.
  private static func crash(_ stage: Stage, _ count: Int) -> [Directive] {
    var all: [Directive] = []
    for _ in 0..<count {
      guard
        let node = stage.cluster.nodes.first(where: {
          if case .starting = $0.state { true } else { false }
        })
      else { break }
      all += stage.everything(
        of: .processEnded(node: node.id, epoch: node.epoch, reason: "no model"))
    }
    return all
  }

  private static func notes(_ directives: [Directive]) -> Int {
    directives.count { if case .note(let text) = $0 { text.contains("in a row") } else { false } }
  }

  @Test func aTypeWhoseNodesEndOneAfterTheOtherIsHeld() {
    let stage = Stage(nodes: 40) {
      $0.crashLoopLimit = 10
      $0.holdFirst = 5000
      $0.launchesAtOnce = 4
    }
    _ = stage.handle(.started)
    let directives = Self.crash(stage, 100)
    #expect(Self.notes(directives) >= 1)
    // The three that were under way end as well, each holding for longer.
    #expect(directives.launches.count < 20)
    #expect(stage.run(5000).launches.isEmpty)
    // Later it is tried again, and one failure holds it at once.
    for _ in 0..<100 where stage.cluster.count(of: .starting(since: 0)) == 0 {
      _ = stage.run(1000)
    }
    #expect(Self.notes(Self.crash(stage, 1)) == 1)
  }

  @Test func aLifeThatServedEndsTheCount() {
    let stage = Stage { $0.crashLoopLimit = 3 }
    _ = stage.handle(.started)
    for _ in 0..<20 {
      for _ in 0..<20 where stage.cluster.count(of: .starting(since: 0)) == 0 {
        _ = stage.run(50)
      }
      let node = stage.cluster.nodes[0]
      let link = stage.newLink()
      _ = stage.handle(.hello(link, stage.hello(node.id, epoch: node.epoch)))
      let request = stage.submit().request
      #expect(stage.token(request, from: link))
      _ = stage.handle(.finished(request, link))
      let end = stage.everything(
        of: .processEnded(node: node.id, epoch: node.epoch, reason: "SIGKILL"))
      #expect(Self.notes(end) == 0)
      #expect(end.launches.count == 1, "a node that served is replaced at once")
    }
  }

  @Test func theOtherTypesGoOn() {
    let stage = Stage {
      $0.types = [.init(name: "good", count: 1), .init(name: "bad", count: 1)]
      $0.crashLoopLimit = 1
    }
    _ = stage.handle(.started)
    _ = stage.handle(.launchFailed(node: "worker-0002", epoch: 102, reason: "x"))
    let end = stage.handle(.launchFailed(node: "worker-0001", epoch: 101, reason: "x"))
    #expect(end.launches.isEmpty)
    #expect(stage.cluster.isHeld(0, at: stage.now) && stage.cluster.isHeld(1, at: stage.now))
    let other = Stage {
      $0.types = [.init(name: "good", count: 1), .init(name: "bad", count: 1)]
      $0.crashLoopLimit = 1
    }
    _ = other.handle(.started)
    _ = other.handle(.launchFailed(node: "worker-0002", epoch: 102, reason: "x"))
    #expect(!other.cluster.isHeld(0, at: 0) && other.cluster.isHeld(1, at: 0))
  }
}
