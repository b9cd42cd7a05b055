import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// Which node answers, told by the `node` field of `DONE`.
  @Suite struct StrategyTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    private func start(_ strategy: String) throws -> ClusterProgram {
      try box.tirelessCluster { $0.strategy = strategy }
    }

    private func sequentialNodes(_ count: Int, _ cluster: ClusterProgram) throws -> [String: Int] {
      let client = try Client(cluster.address)
      var nodes: [String: Int] = [:]
      for _ in 0..<count {
        let node = try #require(try client.answer(to: .infer("Hello", maxTokens: 2)).node)
        nodes[node, default: 0] += 1
      }
      return nodes
    }

    @Test func roundRobinTakesEachNodeInItsTurn() throws {
      let cluster = try start("round-robin")
      let nodes = try sequentialNodes(12, cluster)
      #expect(nodes == ["worker-0001": 4, "worker-0002": 4, "worker-0003": 4])
      #expect(try cluster.nodes().map(\.requests) == [4, 4, 4])
    }

    @Test func leastLoadedSpreadsConcurrentRequestsEvenly() throws {
      let cluster = try start("least-loaded")
      let client = try Client(cluster.address)
      for id in 1...6 { try client.startEndless("r\(id)") }
      #expect(try cluster.nodes().map(\.busy) == [2, 2, 2])
    }

    @Test func leastLoadedAvoidsTheBusyNode() throws {
      let cluster = try start("least-loaded")
      let client = try Client(cluster.address)
      try client.startEndless("long")
      let busy = try #require(try cluster.nodes().first { $0.busy == 1 }).name
      let other = try Client(cluster.address)
      for _ in 0..<6 {
        let node = try other.answer(to: .infer("Hello", maxTokens: 2)).node
        #expect(node != busy)
      }
    }

    @Test func randomReachesEveryNode() throws {
      let cluster = try start("random")
      // The chance that one of three nodes is missed by 40 draws is below one in three million.
      #expect(try sequentialNodes(40, cluster).count == 3)
    }
  }
}
