import Foundation
import Llambo
import Testing

extension LlamboTests {
  @Suite struct LoadBalancerTests {
    /// Two nodes, registered.
    private static func pair(
      _ balancer: LoadBalancer, contextSize: Int = 512, slots: Int = 2
    ) async throws -> [ClusterNode] {
      var nodes: [ClusterNode] = []
      for (name, type) in [("a", "tiny"), ("b", "large")] {
        let node = try await ClusterNode.spawn(
          model: Place.model, name: name, type: type, contextSize: contextSize, slots: slots)
        try await balancer.register(node)
        nodes.append(node)
      }
      return nodes
    }

    @Test(arguments: [BalancingStrategy.roundRobin, .leastLoaded])
    func requestsAreSpreadOverTheNodes(_ strategy: BalancingStrategy) async throws {
      let balancer = try LoadBalancer(strategy: strategy)
      let nodes = try await Self.pair(balancer)
      var places: [String] = []
      for _ in 0..<4 { places.append(try await balancer.balance(.greedy("A node is")).node) }
      #expect(places.sorted() == ["a", "a", "b", "b"])
      let stats = await balancer.stats
      #expect(stats.strategy == strategy.name)
      #expect(stats.nodes.map(\.name) == ["a", "b"])
      #expect(stats.nodes.map(\.requests) == [2, 2])
      #expect(stats.finished == 4)
      #expect("\(stats)".contains("a (tiny): 0 of 2 slots, 2 requests"))
      for node in nodes { await node.shutdown() }
    }

    @Test func unregisteredNodeGetsNothingMore() async throws {
      let balancer = try LoadBalancer(strategy: .random)
      let nodes = try await Self.pair(balancer, contextSize: 2048)
      try await balancer.unregister("a")
      for _ in 0..<3 {
        #expect(try await balancer.balance(.greedy("A node is")).node == "b")
      }
      await fails(with: .unknownNode) { try await balancer.unregister("a") }
      // It runs on, and can come back.
      #expect(try await nodes[0].submit(.greedy("A node is")).node == "a")
      try await balancer.register(nodes[0])
      await fails(with: .invalidRequest) { try await balancer.register(nodes[0]) }
      #expect(await balancer.stats.nodes.count == 2)
      for node in nodes { await node.shutdown() }
    }

    @Test func withoutNodesThereIsAnError() async throws {
      let balancer = try LoadBalancer()
      await fails(with: .noNodes) { _ = try await balancer.balance(.greedy("A")) }
    }

    @Test func requestsWaitForASlotUpToTheLimit() async throws {
      let balancer = try LoadBalancer(strategy: .leastLoaded, queueLimit: 1)
      let node = try await ClusterNode.spawn(
        model: Place.model, name: "only", contextSize: 2048, slots: 1)
      try await balancer.register(node)
      let (seen, first) = AsyncStream.makeStream(of: Void.self)
      let running = Task { try await balancer.balance(.endless()) { _ in first.yield() } }
      for await _ in seen.prefix(1) {}
      let waiting = Task { try await balancer.balance(.greedy("A node is")) }
      try await until("a request that waits") { await balancer.stats.waiting == 1 }
      await fails(with: .queueFull) { _ = try await balancer.balance(.greedy("A")) }
      running.cancel()
      await fails(with: .cancelled) { _ = try await running.value }
      #expect(try await waiting.value.node == "only")
      await node.shutdown()
    }

    @Test func answerGoesOnWhereItsNodeIsKilled() async throws {
      let balancer = try LoadBalancer(strategy: .roundRobin)
      let nodes = try await Self.pair(balancer, contextSize: 1024)
      var request = InferenceRequest(prompt: "A cluster is", maxTokens: 600, temperature: 0)
      request.ignoreEOS = true
      var indices: [Int] = []
      for try await token in balancer.stream(request) {
        indices.append(token.index)
        if token.index == 5 {
          let serving = try #require(await balancer.stats.nodes.first { $0.running == 1 })
          let victim = try #require(nodes.first { $0.name == serving.name }?.processID)
          kill(pid_t(victim), SIGKILL)
        }
      }
      #expect(indices == Array(0..<600))
      let stats = await balancer.stats
      #expect(stats.retried == 1)
      #expect(stats.failed == 0)
      #expect(stats.nodes.count == 1)
    }

    @Test func nodeThatStandsStillIsLeftOutAndComesBack() async throws {
      let balancer = try LoadBalancer(strategy: .roundRobin, timeout: .seconds(120))
      let nodes = try await Self.pair(balancer)
      let stopped = pid_t(try #require(nodes[0].processID))
      kill(stopped, SIGSTOP)
      defer { kill(stopped, SIGCONT) }
      for _ in 0..<3 {
        #expect(try await balancer.balance(.greedy("A node is")).node == "b")
      }
      #expect(await balancer.stats.retried > 0)
      kill(stopped, SIGCONT)
      try await until("work for the node that runs again") {
        try await balancer.balance(.greedy("A node is")).node == "a"
      }
      #expect(await balancer.stats.failed == 0)
      for node in nodes { await node.shutdown() }
    }

    @Test func ownStrategyChooses() async throws {
      let balancer = try LoadBalancer(strategy: LongToLarge())
      let nodes = try await Self.pair(balancer)
      let long = String(repeating: "node ", count: 201)
      #expect(try await balancer.balance(.greedy("A", maxTokens: 4)).node == "a")
      #expect(try await balancer.balance(.greedy(long, maxTokens: 4)).node == "b")
      #expect(await balancer.stats.strategy == "custom")
      for node in nodes { await node.shutdown() }
    }

    @Test func promptsChooseTheTypeThatFits() async throws {
      let balancer = try LoadBalancer(
        strategy: .cognitiveAffinity, types: ["tiny": 64, "large": 2048])
      let nodes = try await Self.pair(balancer, contextSize: 1024)
      #expect(try await balancer.balance(.greedy("A node", maxTokens: 4)).node == "a")
      let long = String(repeating: "node ", count: 100)
      #expect(try await balancer.balance(.greedy(long, maxTokens: 4)).node == "b")
      for node in nodes { await node.shutdown() }
    }

    @Test func numbersAreTheQuickReferences() {
      #expect(BalancingStrategy(rawValue: 0) == .roundRobin)
      #expect(BalancingStrategy(rawValue: 1) == .leastLoaded)
      #expect(BalancingStrategy(rawValue: 2) == .random)
    }
  }
}

private struct LongToLarge: NodeChoosing {
  func choose(for prompt: PromptSummary, among nodes: [NodeLoad]) -> NodeLoad? {
    nodes.first { $0.type == (prompt.length > 1000 ? "large" : "tiny") }
  }
}
