import LlamboWire
import Testing

@testable import LlamboCluster

/// Who is let in, who is told to come again, and what may be repeated.
struct AdmissionTests {
  private static func client(_ number: UInt64) -> Submission {
    Submission(client: ClientID(number))
  }

  private static func refusals(_ directives: [Directive]) -> [WireError] {
    directives.compactMap { if case .fail(_, let error) = $0 { error } else { nil } }
  }

  // MARK: Load shedding

  @Test func aRefusalSaysWhenToTryAgain() {
    let stage = Stage { $0.queueLimit = 40 }
    let link = stage.bringUp()[0]
    var running = stage.submit().request
    for _ in 0..<40 { _ = stage.submit() }
    #expect(Self.refusals(stage.submit().directives).map(\.retryAfter) == [100])
    // Ten a second end; half of the forty are gone in two seconds.
    for _ in 0..<300 {
      _ = stage.run(100)
      for case .send(let next, _) in stage.handle(.finished(running, link)) { running = next }
      _ = stage.submit()
    }
    let after = Self.refusals(stage.submit().directives).first?.retryAfter ?? 0
    #expect((1500...2500).contains(after), "\(after)")
  }

  @Test func whatWouldWaitLongerThanItsTimeoutIsRefusedAtOnce() {
    let stage = Stage {
      $0.requestTimeout = 10_000
      $0.queueLimit = 1000
    }
    let link = stage.bringUp()[0]
    var running = stage.submit().request
    for _ in 0..<5 { _ = stage.submit() }
    // One a second ends, so about five may wait: half of the timeout is for the answer.
    var most = 0
    var refused = 0
    for _ in 0..<60 {
      _ = stage.run(1000)
      for case .send(let next, _) in stage.handle(.finished(running, link)) { running = next }
      for _ in 0..<5 { refused += stage.submit().directives.failures.count }
      most = max(most, stage.cluster.queued)
    }
    #expect(refused > 200)
    #expect((4...8).contains(stage.cluster.queued), "\(stage.cluster.queued)")
    #expect(most < 20, "\(most)")
    #expect(stage.cluster.counters.finished >= 55)
  }

  @Test func aQuietTimeSaysNothingOfThePace() {
    let stage = Stage { $0.requestTimeout = 10_000 }
    let link = stage.bringUp()[0]
    // One request every five seconds, served at once.
    for _ in 0..<10 {
      _ = stage.handle(.finished(stage.submit().request, link))
      _ = stage.run(5000)
    }
    for _ in 0..<100 { #expect(stage.submit().directives.failures == []) }
  }

  @Test func inAFullQueueWhoHasLittlePushesOutWhoHasMuch() {
    let stage = Stage { $0.queueLimit = 6 }
    _ = stage.bringUp()
    _ = stage.submit(Self.client(1))
    let flood = (0..<6).map { _ in stage.submit(Self.client(1)).request }
    #expect(stage.submit(Self.client(1)).directives.failures == [.queueFull])
    for last in [5, 4, 3] {
      let directives = stage.submit(Self.client(2)).directives
      #expect(directives.failures == [.queueFull])
      guard case .fail(let request, _) = directives.first else { return #expect(directives != []) }
      #expect(request == flood[last])
    }
    // Three each: nobody has more than the share.
    #expect(stage.submit(Self.client(2)).directives.failures == [.queueFull])
    #expect(stage.cluster.queued == 6)
  }

  // MARK: The retry budget

  @Test func attemptsInVainAreRepeatedWithinTheBudgetAndThenPaced() {
    let stage = Stage {
      $0.retriesPerSecond = 2
      $0.maxRetries = 100
      $0.requestTimeout = 1_000_000
      $0.redialTimeout = 1_000_000
      $0.stallTimeout = 1_000_000
    }
    var link = stage.bringUp(slots: 50)[0]
    for _ in 0..<50 { _ = stage.submit() }
    // 20 saved up, and a fifth of 50: the rest waits, two each second.
    _ = stage.handle(.linkClosed(link))
    link = stage.newLink()
    let sent = stage.handle(
      .hello(link, stage.hello("worker-0001", epoch: 101, slots: 50, pid: 101)))
    #expect(sent.count { if case .send = $0 { true } else { false } } == 30)
    #expect(stage.cluster.queued == 20)
    let second = stage.run(5000).count { if case .send = $0 { true } else { false } }
    #expect((9...11).contains(second), "\(second)")
    #expect(stage.run(10_000).failures == [])
    #expect(stage.cluster.queued == 0)
  }

  @Test func anAttemptThatBroughtATokenCostsNothing() {
    let stage = Stage {
      $0.retriesPerSecond = 0
      $0.retryShare = 0
    }
    var link = stage.bringUp(slots: 8)[0]
    let requests = (0..<8).map { _ in stage.submit().request }
    for _ in 0..<5 {
      for request in requests { #expect(stage.token(request, from: link)) }
      _ = stage.handle(.linkClosed(link))
      link = stage.newLink()
      let sent = stage.handle(
        .hello(link, stage.hello("worker-0001", epoch: 101, slots: 8, pid: 101)))
      #expect(sent.count { if case .send = $0 { true } else { false } } == 8)
    }
  }

  @Test func whatWaitsForTheBudgetCanBeCancelledTimesOutAndIsRefusedInAShutdown() {
    for way in 0..<3 {
      let stage = Stage(nodes: 2) {
        $0.retriesPerSecond = 0
        $0.retryShare = 0
        $0.requestTimeout = 1000
      }
      let links = stage.bringUp()
      let request = stage.submit().request
      #expect(stage.handle(.linkClosed(links[0])) == [.closeLink(links[0])])
      #expect(stage.cluster.queued == 1)
      switch way {
      case 0: #expect(stage.handle(.cancelled(request)) == [.endCancelled(request)])
      case 1: #expect(stage.run(1000).failures == [.timeout])
      default: #expect(stage.handle(.shutdown(grace: 0)).failures == [.draining])
      }
      #expect(stage.cluster.queued == 0 && stage.cluster.requests.isEmpty)
    }
  }

  @Test func theHintIsPartOfTheErrorLine() throws {
    let error = WireError(.queueFull, "full", retryAfter: 250)
    var writer = LineWriter()
    writer.error(error, id: "7")
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == "ERROR #7 {\"code\":\"queue_full\",\"message\":\"full\",\"retry_after_ms\":250}\n")
  }
}
