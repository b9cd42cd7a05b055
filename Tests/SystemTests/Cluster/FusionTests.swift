import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// Several workers answer one request.
  @Suite struct FusionTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    private func fused(
      _ mode: FusionMode, nodes: Int = 3, quorum: Int? = nil, temperature: Double = 0,
      maxTokens: Int = 24
    ) -> GenerationRequest {
      var request = GenerationRequest.infer(
        "What is a load balancer?", maxTokens: maxTokens, temperature: temperature)
      if temperature > 0 {
        // So that even a model that is sure of itself says different things.
        request.topP = 1
        request.topK = 0
      }
      request.seed = 11
      request.fusion = FusionRequest(mode, nodes: nodes, quorum: quorum)
      return request
    }

    private func report(_ answer: Answer) throws -> FusionReport {
      let body = try #require(answer.end?.body["fusion"], "\(String(describing: answer.end))")
      return try FusionReport(body: body)
    }

    @Test(arguments: FusionMode.allCases)
    func eachModeGivesTheAnswerThatAllGive(_ mode: FusionMode) throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 3))
      let client = try Client(cluster.address)
      let alone = try client.answer(to: .infer("What is a load balancer?", maxTokens: 24))
      let answer = try client.answer(to: fused(mode), id: "fused")
      #expect(answer.end?.kind == .done && answer.isContiguous)
      #expect(answer.tokens == alone.tokens && answer.text == alone.text)
      #expect(answer.text == answer.joinedText)
      // What the mode needed to know was not asked for by the client.
      #expect(answer.end?.body["mean_logprob"] == nil)
      let report = try report(answer)
      #expect(report.request.mode == mode && report.request.nodes == 3 && report.failed == 0)
      #expect(report.answered + report.cancelled == 3)
      let winners = try #require(report.answers.first?.nodes)
      #expect(winners.contains(answer.node ?? "") && report.answers.count == 1)
      #expect(Set(winners).count == winners.count, "members were on nodes of their own")
      try cluster.waitUntilIdle()
    }

    @Test func membersOfASampledRequestDifferAndTheSameSeedGivesTheSameAnswer() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 3))
      let client = try Client(cluster.address)
      var asked = fused(.confidence, temperature: 5)
      asked.logprobs = 2
      let first = try client.answer(to: asked, id: "first")
      let again = try client.answer(to: asked, id: "again")
      #expect(first.text == again.text && first.text == first.joinedText)
      let report = try report(first)
      #expect(report.answered == 3 && report.answers.count > 1)
      // The client did ask.
      let likelihood = try #require(first.end?.body["mean_logprob"]?.number)
      #expect(likelihood <= 0)
      // The winner's text is what it gives alone, with the member's seed.
      let winner = try #require(report.winner)
      var alone = asked
      alone.fusion = nil
      let seeds: [UInt32] = [11] + memberSeeds(11, count: 2)
      alone.seed = seeds[winner]
      #expect(try client.answer(to: alone, id: "alone").text == first.text)
    }

    /// SplitMix64's first numbers, their lower halves.
    private func memberSeeds(_ seed: UInt64, count: Int) -> [UInt32] {
      var state = seed
      return (0..<count).map { _ in
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return UInt32(truncatingIfNeeded: mixed ^ (mixed >> 31))
      }
    }

    @Test func aQuorumThatNobodyGivesIsAnError() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 3))
      let client = try Client(cluster.address)
      let asked = fused(.quorum, nodes: 4, quorum: 4, temperature: 5)
      #expect(try client.answer(to: asked).errorCode == "no_quorum")
      try cluster.waitUntilIdle()
    }

    @Test func aChatIsFusedAsWell() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 2))
      let client = try Client(cluster.address)
      let alone = try client.answer(to: .chat("What is a node?", maxTokens: 16))
      var asked = GenerationRequest.chat("What is a node?", maxTokens: 16)
      asked.fusion = FusionRequest(.majority, nodes: 2)
      #expect(try client.answer(to: asked, id: "fused").text == alone.text)
    }

    @Test func moreMembersThanSlotsWaitForTheirs() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1, slots: 2))
      let client = try Client(cluster.address)
      let answer = try client.answer(to: fused(.confidence, nodes: 16, maxTokens: 4))
      let report = try report(answer)
      #expect(report.answered == 16)
      #expect(report.answers.reduce(0) { $0 + $1.votes } == 16)
      #expect(try cluster.status().requests["accepted"] == 16)
    }

    @Test(arguments: [FusionMode.majority, .confidence, .fastest])
    func aWorkerThatIsKilledMidAnswerDoesNotFailTheWhole(_ mode: FusionMode) throws {
      let cluster = try box.tirelessCluster(nodes: 3, slots: 2) { $0.contextSize = 2048 }
      let client = try Client(cluster.address)
      let whole = try client.answer(to: fused(mode, maxTokens: 1200), id: "undisturbed")
      #expect(whole.tokenCount == 1200)
      try client.send(fused(mode, maxTokens: 1200), id: "disturbed")
      try client.waitForTokens(5, of: "disturbed")
      let pid = try #require(try cluster.nodes().first { $0.busy > 0 }?.pid)
      kill(pid, SIGKILL)
      let answer = try client.finish("disturbed")
      #expect(answer.end?.kind == .done, "\(String(describing: answer.end))")
      #expect(answer.isContiguous && answer.tokenCount == 1200)
      #expect(answer.text == answer.joinedText)
      #expect(try client.ask("PING").kind == .pong)
      try cluster.waitUntilIdle()
      try cluster.waitUntilHealthy(3)
    }

    @Test func membersThatFailAreLeftOut() throws {
      // Two of the four find neither a slot nor room in the queue.
      let cluster = try box.tirelessCluster(nodes: 2, slots: 1) { $0.queueLimit = 0 }
      let client = try Client(cluster.address)
      let answer = try client.answer(to: fused(.majority, nodes: 4, maxTokens: 8))
      #expect(answer.tokenCount == 8)
      #expect(try report(answer).failed == 2)
      // And where all fail, the first one's error is the client's.
      try client.startEndless("a")
      try client.startEndless("b")
      let refused = try client.answer(to: fused(.majority), id: "refused")
      #expect(refused.errorCode == "queue_full")
      #expect((refused.end?.body["retry_after_ms"]?.integer ?? 0) >= 100)
    }

    @Test func aCancelFreesAllSlots() throws {
      let cluster = try box.tirelessCluster(nodes: 3, slots: 1)
      let client = try Client(cluster.address)
      var asked = GenerationRequest.endless
      asked.fusion = FusionRequest(.majority, nodes: 5)
      try client.send(asked, id: "long")
      try client.waitForTokens(3, of: "long")
      #expect(try cluster.status().busy == 3)
      try client.send("CANCEL #long")
      let answer = try client.finish("long")
      #expect(answer.finishReason == "cancelled" && answer.isContiguous)
      #expect(answer.text == answer.joinedText && answer.tokenCount == answer.tokens.count)
      try cluster.waitUntilIdle()
      #expect(try client.answer(to: .infer("Hello", maxTokens: 2), id: "next").end?.kind == .done)
    }

    @Test func aClientThatHangsUpFreesAllSlots() throws {
      let cluster = try box.tirelessCluster(nodes: 3, slots: 1)
      let socket = try RawSocket(cluster.address)
      var asked = GenerationRequest.endless
      asked.fusion = FusionRequest(.fastest, nodes: 3)
      socket.send("INFER #1 \(asked.body)\n")
      try until("three slots taken") { try cluster.status().busy == 3 }
      socket.close()
      try cluster.waitUntilIdle()
    }

    @Test func aTimeoutEndsItInOneError() throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 1) { $0.timeout = 400 }
      let pids = try cluster.nodes().compactMap(\.pid)
      let client = try Client(cluster.address)
      for pid in pids { kill(pid, SIGSTOP) }
      defer { for pid in pids { kill(pid, SIGCONT) } }
      let answer = try client.answer(to: fused(.majority))
      #expect(answer.errorCode == "timeout" && answer.tokens.isEmpty)
      #expect(try client.ask("PING").kind == .pong)
    }

    @Test(arguments: [
      (#"{"mode":"best"}"#, "invalid_request"), (#"{"nodes":3}"#, "invalid_request"),
      (#""majority""#, "invalid_request"), (#"{"mode":"majority","nodes":17}"#, "out_of_range"),
      (#"{"mode":"quorum","nodes":3,"quorum":4}"#, "out_of_range"),
      (#"{"mode":"majority","members":3}"#, "unknown_field"),
    ])
    func aBadFusionIsRefused(_ fusion: String, _ code: String) throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let client = try Client(cluster.address)
      let answer = try client.ask(#"INFER #1 {"prompt":"x","fusion":\#(fusion)}"#)
      #expect(answer.kind == .error && answer.body["code"]?.string == code)
      #expect(try client.ask("PING").kind == .pong)
    }

    @Test func aWorkerAloneRefusesIt() throws {
      let worker = try box.worker()
      let client = try Client(worker.address)
      let answer = try client.answer(to: fused(.majority))
      #expect(answer.errorCode == "invalid_request")
      #expect(answer.end?.body["message"]?.string?.contains("orchestrator") == true)
    }

    @Test func llamboctlShowsTheAnswerAndTheVotes() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 3))
      let plain = try box.llamboctl("infer", "What is a node?", "-n", "12", "-t", "0")
      let fused = try box.llamboctl(
        "infer", "What is a node?", "-n", "12", "-t", "0", "--fusion", "confidence", "--nodes", "2")
      #expect(fused.succeeded, "\(fused.errors)")
      #expect(fused.output == plain.output)
      #expect(fused.errors.hasPrefix("confidence: 2 of 2 gave this answer, by weight "))
      let json = try box.llamboctl(
        "infer", "What is a node?", "-n", "12", "--fusion", "quorum", "--quorum", "1", "--json")
      let body = try JSON.parse(Array(json.output.utf8).span)
      let report = try FusionReport(body: try #require(body["fusion"]))
      #expect(report.request == FusionRequest(.quorum, nodes: 3, quorum: 1))
      for wrong in [
        ["--nodes", "3"], ["--fusion", "best"], ["--fusion", "majority", "--nodes", "17"],
        ["--fusion", "majority", "--quorum", "2"],
        ["--fusion", "quorum", "--nodes", "2", "--quorum", "3"],
      ] {
        let result = try box.run(Programs.llamboctl, ["infer", "x"] + wrong)
        #expect(result.end == .status(64), "\(wrong): \(result.errors)")
      }
      try cluster.waitUntilIdle()
    }
  }
}
