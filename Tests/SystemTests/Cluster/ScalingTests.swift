import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// A cluster that chooses its size, with workers that really start and stop.
  @Suite struct ScalingTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    private func plan(nodes: Int, least: Int, most: Int) throws -> ClusterPlan {
      var plan = ClusterPlan(
        nodes: nodes, slots: 2, contextSize: 1024, model: try box.tirelessModel())
      // Requests wait for new nodes: none may be refused for the wait that a slow machine makes likely.
      plan.timeout = 600_000
      plan.typeKeys = ["min_nodes: \(least)", "max_nodes: \(most)"]
      plan.orchestratorKeys = [
        "auto_scale: true", "min_nodes: 0", "scale_window: 1s", "scale_up_cooldown: 0",
        "scale_down_cooldown: 1s",
      ]
      return plan
    }

    @Test func loadMakesATypeGrowToItsMostAndIdlenessShrinkToItsLeast() throws {
      let cluster = try box.cluster(try plan(nodes: 1, least: 1, most: 4))
      let client = try Client(cluster.address)
      var sent = 0
      var most = 0
      try until("four nodes; the log: \(cluster.program.errors)", within: 120) {
        // More than four nodes have slots for.
        while client.answers.values.count(where: { $0.end == nil }) < 12 {
          sent += 1
          try client.send(.endless, id: "r\(sent)")
        }
        for _ in 0..<100 { try client.receive() }
        let nodes = try cluster.nodes()
        most = max(most, nodes.count)
        return nodes.count { $0.state == "healthy" } == 4
      }
      for answer in try client.finishAll() {
        #expect(answer.end?.kind == .done, "\(answer.errorCode ?? "no error")")
        #expect(answer.isContiguous)
        most = max(most, try cluster.nodes().count)
      }
      #expect(most == 4)
      try until("the least; the log: \(cluster.program.errors)", within: 120) {
        try cluster.nodes().count == 1
      }
      try throughout(2.5, "one node") { try cluster.nodes().count == 1 }
      let status = try cluster.status()
      #expect(status.requests["finished"] == sent)
      #expect(status.requests["failed"] == 0 && status.nodesLost == 0)
      report("\(sent) answers while a type grew from 1 to 4 nodes")
    }

    @Test func anIdleTypeGoesToZeroAndTheNextRequestWaitsForANewNode() throws {
      let cluster = try box.cluster(try plan(nodes: 1, least: 0, most: 2))
      let client = try Client(cluster.address)
      for round in 1...2 {
        try until("no node", within: 60) { try cluster.nodes().isEmpty }
        #expect(!box.processes.contains { $0 != cluster.program.pid })
        for id in 1...3 { try client.send(.infer("Hello", maxTokens: 4), id: "\(round)-\(id)") }
        for id in 1...3 {
          let answer = try client.finish("\(round)-\(id)")
          #expect(answer.end?.kind == .done, "\(answer.errorCode ?? "no error")")
          #expect(answer.isContiguous)
        }
        #expect(try cluster.nodes().count >= 1)
      }
      let status = try cluster.status()
      #expect(status.requests["finished"] == 6 && status.requests["failed"] == 0)
    }

    @Test func autoscalingIsTurnedOnUnderAClusterThatRuns() throws {
      var plan = try plan(nodes: 1, least: 2, most: 3)
      let keys = (plan.typeKeys, plan.orchestratorKeys)
      plan.typeKeys = []
      plan.orchestratorKeys = []
      let cluster = try box.cluster(plan)
      let client = try Client(cluster.address)
      #expect(try client.ask("RELOAD").kind == .ok)
      (plan.typeKeys, plan.orchestratorKeys) = keys
      try box.write(plan)
      #expect(try client.ask("RELOAD").kind == .ok)
      try cluster.waitUntilHealthy(2)
      let beyond = try client.ask(#"SCALE {"type":"tiny","count":4}"#)
      #expect(beyond.body["code"] == "out_of_range")
      #expect(beyond.body["message"]?.string?.contains("between 2 and 3 nodes") == true)
    }
  }
}
