import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// A worker dies at a bad time.
  @Suite struct FailoverTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func killedWorkerIsReplacedAndEveryStreamGoesOn() throws {
      let cluster = try box.tirelessCluster(nodes: 3, slots: 1) { $0.contextSize = 2048 }
      let client = try Client(cluster.address)
      for id in ["a", "b", "c"] { try client.startEndless(id) }
      // Queued behind three full nodes: it must come through whatever happens.
      try client.send(.infer("Hello", maxTokens: 2), id: "waiting")
      let victim = try #require(try cluster.nodes().first { $0.name == "worker-0002" })
      let pid = try #require(victim.pid)
      #expect(victim.busy == 1)

      let start = ContinuousClock.now
      kill(pid, SIGKILL)
      var noticed: Duration?
      try until("a replacement", within: 15) {
        let status = try cluster.status()
        #expect(status.isConsistent && status.nodes["total"] == 3, "\(status)")
        guard status.nodesLost > 0 else { return false }
        noticed = noticed ?? (ContinuousClock.now - start)
        let nodes = try cluster.nodes()
        // Once the loss is counted, nothing that is gone passes for healthy.
        for node in nodes where node.state == "healthy" { #expect(node.pid != pid) }
        return nodes.allSatisfy { $0.state == "healthy" }
      }
      let healthy = ContinuousClock.now - start
      report(
        "a killed worker was noticed after \(noticed?.milliseconds ?? -1) ms and replaced after "
          + "\(healthy.milliseconds) ms")
      let replaced = try #require(try cluster.nodes().first { $0.name == "worker-0002" })
      #expect(replaced.restarts == 1)
      #expect(try cluster.status().nodesLost == 1)

      let answers = try client.finishAll()
      for answer in answers { #expect(answer.isContiguous) }
      // The broken stream went on elsewhere, without a gap and without an error.
      for id in ["a", "b", "c"] {
        let answer = try #require(client.answers[id])
        #expect(answer.finishReason == "length")
        #expect(answer.text == answer.joinedText)
      }
      #expect(client.answers["waiting"]?.end?.kind == .done)
      // A second last line would come before this answer, and throw.
      #expect(try client.ask("PING").kind == .pong)
    }

    @Test func clientCannotClaimTokensThatTheClusterDidNotCount() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let client = try Client(cluster.address)
      var request = GenerationRequest.infer("Hello")
      request.produced = [300, 301]
      #expect(try client.answer(to: request).errorCode == "invalid_request")
      #expect(try client.answer(to: .infer("Hello"), id: "next").end?.kind == .done)
      #expect(try cluster.nodes().map(\.restarts) == [0])
    }

    @Test func requestThatHasShownNothingIsSentToAnotherNode() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 2, strategy: "round-robin"))
      let nodes = try cluster.nodes()
      let pid = try #require(nodes.first?.pid)
      let client = try Client(cluster.address)
      try Stopped.during(pid) {
        // In turn, so that both nodes have two; the one that stands still shows no token.
        for id in 1...4 { try client.send(.infer("Hello", maxTokens: 4), id: "r\(id)") }
        try until("requests on the stopped node only") {
          try cluster.nodes().map(\.busy) == [2, 0]
        }
        kill(pid, SIGKILL)
      }
      for answer in try client.finishAll() {
        #expect(answer.end?.kind == .done)
        #expect(answer.isContiguous)
      }
      let status = try cluster.status()
      #expect(status.requests["retried"] == 2)
      #expect(status.requests["failed"] == 0)
      #expect(status.requests["finished"] == 4)
    }

    @Test func workerThatStandsStillIsEjectedAndReplaced() throws {
      var plan = ClusterPlan(nodes: 2)
      plan.healthCheckInterval = 200
      let cluster = try box.cluster(plan)
      let pid = try #require(try cluster.nodes().first?.pid)
      let start = ContinuousClock.now
      kill(pid, SIGSTOP)
      try until("another process for the node", within: 15) {
        let nodes = try cluster.nodes()
        return nodes.allSatisfy { $0.state == "healthy" && $0.pid != pid }
      }
      report(
        "a stopped worker was replaced after \((ContinuousClock.now - start).milliseconds) ms, "
          + "with pings every 200 ms")
      #expect(!box.processes.contains(pid))
      #expect(try Client(cluster.address).answer(to: .infer("Hello")).end?.kind == .done)
    }

    @Test func everyRequestIsAnsweredWhileWorkersKeepDying() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 3, slots: 2))
      let client = try Client(cluster.address)
      for id in 1...120 { try client.send(.infer("Question \(id)", maxTokens: 24), id: "r\(id)") }
      for round in 1...4 {
        try client.waitForTokens(1, of: "r\(round * 20)")
        if let pid = try cluster.nodes().compactMap(\.pid).randomElement() { kill(pid, SIGKILL) }
      }
      let answers = try client.finishAll()
      for answer in answers {
        #expect(answer.isContiguous)
        #expect(answer.end?.kind == .done)
        #expect(answer.text == answer.joinedText)
      }
      #expect(try client.ask("PING").kind == .pong)
      let status = try cluster.status()
      #expect(status.nodesLost > 0)
      report("120 requests were answered over \(status.nodesLost) kills")
      try cluster.waitUntilHealthy(3)
    }
  }
}
