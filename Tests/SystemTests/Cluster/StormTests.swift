import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// What `Benchmarks/reliability/run` does for minutes, for seconds: the figures are printed, and
  /// what is expected depends on no time.
  @Suite struct StormTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func hundredStreamsLoseNothingWhileWorkersAreKilledAndStopped() throws {
      let cluster = try box.tirelessCluster(nodes: 4, slots: 40) { $0.contextSize = 1024 }
      let streams = try Streams(cluster.address, count: 100, tokens: 500)
      try streams.waitForTokens()
      for round in 1...4 {
        try streams.waitForTokens(round * 40, of: round)
        let able = try cluster.nodes().filter { $0.busy > 0 && $0.pid != nil }
        guard let victim = able.randomElement(), let pid = victim.pid else { continue }
        kill(pid, round == 2 ? SIGSTOP : SIGKILL)
      }
      try streams.expectWhole()
      let status = try cluster.status()
      report(
        "100 streams over 3 killed workers and a stopped one: moved "
          + "\(status.requests["failovers"] ?? 0) times")
      #expect(status.requests["failed"] == 0)
      try cluster.waitUntilHealthy(4)
      try cluster.shutDown()
      try box.waitUntilEmpty()
    }

    @Test func greedyTextIsTheUndisturbedRunsWhereTheBatchIsPinned() throws {
      // One slot a worker, and batches of one token: of a batch of another shape, as when many tokens
      // of a begun answer are computed at once, the sums are rounded otherwise.
      let worker = box.path("worker.sh")
      try File.writeProgram(
        "#!/bin/sh\nexec \(Programs.worker) \"$@\" --batch-size 1\n", to: worker)
      let plan = ClusterPlan(nodes: 4, slots: 1, model: try box.tirelessModel())
      let cluster = try box.orchestrator(plan, ["--worker", worker])
      try cluster.waitUntilHealthy(4)
      let prompts = (0..<3).map { "A cluster of \($0 + 2) nodes is" }
      var undisturbed: [[Int]] = []
      for prompt in prompts {
        let answer = try Client(cluster.address).answer(to: .infer(prompt, maxTokens: 300))
        undisturbed.append(answer.tokens.map(\.id))
      }
      let client = try Client(cluster.address)
      for (place, prompt) in prompts.enumerated() {
        try client.send(.infer(prompt, maxTokens: 300), id: "p\(place)")
      }
      for round in 1...3 {
        try client.waitForTokens(round * 60, of: "p\(round - 1)")
        let busy = try cluster.nodes().filter { $0.busy > 0 }.compactMap(\.pid)
        if let pid = busy.randomElement() { kill(pid, SIGKILL) }
      }
      for (place, tokens) in undisturbed.enumerated() {
        let answer = try client.finish("p\(place)")
        #expect(answer.tokens.map(\.id) == tokens)
      }
      #expect(try cluster.status().requests["failovers"] ?? 0 > 0)
    }

    @Test func orchestratorThatIsKilledAgainAndAgainFindsAllItsWorkers() throws {
      var plan = ClusterPlan(nodes: 4, slots: 40, contextSize: 1024, lease: 20_000)
      plan.model = try box.tirelessModel()
      var cluster = try box.cluster(plan)
      let workers = Set(try cluster.nodes().compactMap(\.pid))
      plan.listen = cluster.address
      var longest = Duration.zero
      for _ in 1...5 {
        let streams = try Streams(cluster.address, count: 40, tokens: 800)
        try streams.waitForTokens()
        cluster.program.signal(SIGKILL)
        #expect(try cluster.program.waitForEnd() == .signal(SIGKILL))
        let start = ContinuousClock.now
        cluster = try box.cluster(plan)
        longest = max(longest, ContinuousClock.now - start)
        let nodes = try cluster.nodes()
        #expect(Set(nodes.compactMap(\.pid)) == workers)
        #expect(nodes.allSatisfy { $0.restarts == 0 })
      }
      report("an orchestrator killed 5 times had its workers back in \(longest.milliseconds) ms")
      try Streams(cluster.address, count: 40, tokens: 100).expectWhole()
      try cluster.shutDown()
      try box.waitUntilEmpty()
    }

    @Test func clusterHealsByItselfWhenAllWorkersAreKilledAtOnce() throws {
      let cluster = try box.tirelessCluster(nodes: 4, slots: 16) { $0.contextSize = 1024 }
      for _ in 1...2 {
        let streams = try Streams(cluster.address, count: 40, tokens: 300)
        try streams.waitForTokens()
        let start = ContinuousClock.now
        let victims = Set(try cluster.nodes().compactMap(\.pid))
        for pid in victims { kill(pid, SIGKILL) }
        try until("other processes for all nodes") {
          try cluster.nodes().allSatisfy { $0.state == "healthy" && !victims.contains($0.pid ?? 0) }
        }
        report(
          "4 workers killed at once were replaced after "
            + "\((ContinuousClock.now - start).milliseconds) ms")
        try streams.expectWhole()
      }
    }

    @Test func overloadIsRefusedWithAnAdviceAndHarmsNobodyWhoRuns() throws {
      let cluster = try box.tirelessCluster(nodes: 1, slots: 8) {
        $0.contextSize = 512
        $0.queueLimit = 16
      }
      let streams = try Streams(cluster.address, count: 8, tokens: 300)
      try streams.waitForTokens()
      let crowd = try (0..<4).map { _ in try Client(cluster.address) }
      for id in 1...60 {
        for client in crowd { try client.send(.infer("Hello", maxTokens: 2), id: "r\(id)") }
      }
      var refused = 0
      for answer in try crowd.flatMap({ try $0.finishAll() }) {
        if answer.end?.kind == .done { continue }
        #expect(answer.errorCode == "queue_full")
        #expect((answer.end?.body["retry_after_ms"]?.integer ?? 0) >= 100)
        refused += 1
      }
      report("of 240 requests beside 8 streams on 8 slots, \(refused) were refused")
      #expect(refused >= 240 - 16 - 8 && refused < 240)
      try streams.expectWhole()
    }
  }
}
