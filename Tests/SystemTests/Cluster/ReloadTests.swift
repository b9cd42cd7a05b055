import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// The configuration file, changed under a cluster that serves.
  @Suite struct ReloadTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    private func keys(_ body: JSON, _ field: String) -> [String] {
      (body[field]?.array ?? []).compactMap { $0["key"]?.string ?? $0.string }
    }

    @Test func whatCanChangeDoesAndWhatCannotIsTold() throws {
      var plan = ClusterPlan(nodes: 2)
      let cluster = try box.cluster(plan)
      let client = try Client(cluster.address)
      let nothing = try client.ask("RELOAD").body
      #expect(keys(nothing, "changed") == [] && keys(nothing, "needs_restart") == [])

      plan.strategy = "random"
      plan.timeout = 45_000
      plan.queueLimit = 3
      plan.nodes = 3
      plan.listen = "127.0.0.1:1"
      try box.write(plan)
      let answer = try client.ask("RELOAD").body
      #expect(
        keys(answer, "changed") == [
          "cluster.nodes.tiny.count", "cluster.load_balancer.strategy",
          "cluster.load_balancer.timeout", "cluster.load_balancer.queue_limit",
        ])
      #expect(keys(answer, "needs_restart") == ["cluster.orchestrator.listen"])
      #expect(keys(answer, "started") == ["worker-0003"])
      let timeout = answer["changed"]?.array?[2]
      #expect(timeout?["from"] == "60000" && timeout?["to"] == "45000")
      let status = try client.ask("STATUS").body
      #expect(status["strategy"] == "random" && status["queue"]?["limit"] == 3)
      #expect(status["listen"]?.string == cluster.address)
      try cluster.waitUntilHealthy(3)
      // Until it restarts, it is told again.
      #expect(keys(try client.ask("RELOAD").body, "needs_restart").count == 1)
    }

    @Test func aBrokenFileIsRefusedWithItsMistakesAndChangesNothing() throws {
      let plan = ClusterPlan(nodes: 1)
      let cluster = try box.cluster(plan)
      let client = try Client(cluster.address)
      try File.write(
        "cluster:\n  id: system-test\n  nods: {}\n  load_balancer: {timeout: never}\n",
        to: box.path("cluster-config.yaml"))
      let error = try client.ask("RELOAD").body
      #expect(error["code"] == "invalid_configuration")
      let message = error["message"]?.string ?? ""
      #expect(message.contains("cluster-config.yaml:3:3: unknown key \"nods\""))
      #expect(message.contains("cluster-config.yaml:4:"))
      #expect(message.contains("stays in force"))

      var missing = plan
      missing.model = "dragon"
      missing.strategy = "random"
      try box.write(missing)
      let model = try client.ask("RELOAD").body["message"]?.string ?? ""
      #expect(model.contains("no file for model \"dragon\""))
      #expect(try client.ask("STATUS").body["strategy"] == "least-loaded")
      #expect(try client.answer(to: .infer("Hello")).end?.kind == .done)
      // Nothing that a caller sends becomes a path.
      let path = try client.ask(#"RELOAD {"file":"/etc/passwd"}"#)
      #expect(path.body["code"] == "unknown_field")
    }

    @Test func aChangedTypeGetsNewNodesWhileItsStreamsGoOn() throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 2) { $0.contextSize = 2048 }
      let client = try Client(cluster.address)
      for id in 1...4 { try client.startEndless("r\(id)") }
      let before = Set(try cluster.nodes().compactMap(\.pid))
      var plan = ClusterPlan(
        nodes: 2, slots: 4, contextSize: 2048, model: try box.tirelessModel())
      plan.drainGrace = 0
      try box.write(plan)
      let operating = try Client(cluster.address)
      let answer = try operating.ask("RELOAD").body
      #expect(keys(answer, "types_rolled") == ["tiny"])
      #expect(
        keys(answer, "changed") == [
          "cluster.nodes.tiny.resources.slots", "cluster.orchestrator.drain_grace",
        ])
      for id in 1...8 { try client.send(.infer("Hello", maxTokens: 4), id: "short-\(id)") }
      try until("new nodes only") {
        let nodes = try operating.ask("NODES").body["nodes"]?.array ?? []
        return nodes.count == 2
          && nodes.allSatisfy { $0["state"] == "healthy" && $0["slots"] == 4 }
      }
      #expect(before.isDisjoint(with: try cluster.nodes().compactMap(\.pid)))
      for answer in try client.finishAll() {
        #expect(answer.end?.kind == .done, "\(answer.errorCode ?? "no error")")
        #expect(answer.isContiguous && answer.text == answer.joinedText)
      }
      #expect(try cluster.status().requests["failed"] == 0)
      #expect(try cluster.status().nodesLost == 0)
    }

    @Test func aTypeWhoseModelIsAnotherFileNowGetsNewNodes() throws {
      let model = try box.tirelessModel()
      let cluster = try box.tirelessCluster(nodes: 1)
      let client = try Client(cluster.address)
      let before = Set(try cluster.nodes().compactMap(\.pid))
      #expect(keys(try client.ask("RELOAD").body, "types_rolled") == [])

      try TirelessModel.write(to: model + ".new")
      #expect(rename(model + ".new", model) == 0)
      let answer = try client.ask("RELOAD").body
      #expect(keys(answer, "types_rolled") == ["tiny"] && keys(answer, "changed") == [])
      try until("a node with the new file") {
        let nodes = try cluster.nodes()
        return nodes.count == 1 && nodes[0].state == "healthy"
          && before.isDisjoint(with: nodes.compactMap(\.pid))
      }
      #expect(keys(try client.ask("RELOAD").body, "types_rolled") == [])
      #expect(try client.answer(to: .infer("Hello", maxTokens: 4)).end?.kind == .done)
    }

    @Test func reloadTellsThatTheFilesStrategyIsBackInForce() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let client = try Client(cluster.address)
      #expect(try client.ask(#"BALANCER {"strategy":"random"}"#).kind == .balancer)
      let changed = try client.ask("RELOAD").body["changed"]?.array
      #expect(
        changed == [
          ["key": "cluster.load_balancer.strategy", "from": "random", "to": "least-loaded"]
        ])
      #expect(try client.ask("STATUS").body["strategy"] == "least-loaded")
      #expect(try client.ask("RELOAD").body["changed"] == [])
    }

    @Test func everyRequestIsAnsweredWhileAnOperatorChangesEverything() throws {
      var plan = ClusterPlan(nodes: 3, slots: 2)
      plan.drainGrace = 0
      let cluster = try box.cluster(plan)
      let client = try Client(cluster.address)
      let operating = try Client(cluster.address)
      for id in 1...200 { try client.send(.infer("Question \(id)", maxTokens: 24), id: "r\(id)") }
      for round in 1...4 {
        try client.waitForTokens(1, of: "r\(round * 40)")
        let strategy = ["random", "round-robin"][round % 2]
        #expect(try operating.ask(#"BALANCER {"strategy":"\#(strategy)"}"#).kind == .balancer)
        #expect(try operating.ask(#"SCALE {"type":"tiny","count":4}"#).kind == .ok)
        if let node = try cluster.nodes().first(where: { $0.state == "healthy" }) {
          let verb = ["STOP", "DRAIN"][round % 2]
          #expect(try operating.ask(#"\#(verb) {"node":"\#(node.name)"}"#).kind == .ok)
        }
        plan.slots = 2 + round
        plan.nodes = 3 + round % 2
        try box.write(plan)
        let answer = try operating.ask("RELOAD")
        #expect(keys(answer.body, "types_rolled") == ["tiny"])
      }
      for answer in try client.finishAll() {
        #expect(answer.end?.kind == .done, "\(answer.errorCode ?? "no error")")
        #expect(answer.isContiguous && answer.text == answer.joinedText)
      }
      try until("the last configuration's nodes alone; the log: \(cluster.program.errors)") {
        let nodes = try operating.ask("NODES").body["nodes"]?.array ?? []
        return nodes.count == 3
          && nodes.allSatisfy { $0["state"] == "healthy" && $0["slots"]?.integer == 6 }
      }
      let status = try cluster.status()
      #expect(status.requests["failed"] == 0 && status.requests["finished"] == 200)
      #expect(status.nodesLost == 0)
    }

    @Test func typesComeAndGo() throws {
      var plan = ClusterPlan(nodes: 1)
      let cluster = try box.cluster(plan)
      let client = try Client(cluster.address)
      plan.type = "small"
      try box.write(plan)
      let answer = try client.ask("RELOAD").body
      #expect(keys(answer, "types_added") == ["small"])
      #expect(keys(answer, "types_removed") == ["tiny"])
      #expect(keys(answer, "drained") == ["worker-0001"])
      #expect(keys(answer, "changed") == [])
      // Accepted whatever serves it by now.
      #expect(try client.answer(to: .infer("Hello")).end?.kind == .done)
      try until("the new type alone") {
        (try client.ask("NODES").body["nodes"]?.array ?? []).map { $0["type"]?.string } == ["small"]
      }
    }

    @Test func sighupReloads() throws {
      var plan = ClusterPlan(nodes: 1)
      let cluster = try box.cluster(plan)
      plan.strategy = "round-robin"
      try box.write(plan)
      cluster.program.signal(SIGHUP)
      try until("the new strategy") {
        try Client(cluster.address).ask("STATUS").body["strategy"] == "round-robin"
      }
      #expect(try cluster.program.waitForLine("read anew").contains("load_balancer.strategy"))
      try File.write("cluster: 5\n", to: box.path("cluster-config.yaml"))
      cluster.program.signal(SIGHUP)
      _ = try cluster.program.waitForLine("is not read anew")
      #expect(try Client(cluster.address).ask("PING").kind == .pong)
    }
  }
}
