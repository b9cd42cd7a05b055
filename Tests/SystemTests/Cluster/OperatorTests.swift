import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// What an operator does to a cluster that serves: no client notices.
  @Suite struct OperatorTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    private func names(_ body: JSON, _ field: String) -> [String] {
      (body[field]?.array ?? []).compactMap(\.string)
    }

    // MARK: One node

    @Test func aDrainedNodeFinishesItsWorkStopsAndIsNotReplaced() throws {
      let cluster = try box.tirelessCluster(nodes: 3, slots: 1) { $0.contextSize = 1024 }
      let client = try Client(cluster.address)
      for id in ["a", "b", "c"] { try client.startEndless(id) }
      let other = try Client(cluster.address)
      let answer = try other.ask(#"DRAIN {"node":"worker-0002","grace_ms":60000}"#)
      #expect(answer.kind == .ok)
      #expect(answer.body["state"] == "draining" && answer.body["count"] == 2)
      // Accepted while it drains; it waits for one of the others.
      try client.send(.infer("Hello", maxTokens: 2), id: "waiting")
      for answer in try client.finishAll() {
        #expect(answer.end?.kind == .done)
        #expect(answer.isContiguous)
      }
      #expect(client.answers["waiting"]?.node != "worker-0002")
      try until("the end of the drained node") { try cluster.nodes().count == 2 }
      #expect(try cluster.nodes().map(\.name) == ["worker-0001", "worker-0003"])
      let status = try cluster.status()
      #expect(status.nodesLost == 0 && status.requests["retried"] == 0)
    }

    @Test func whatOutlivesTheGraceOfADrainMoves() throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 2) { $0.contextSize = 2048 }
      let client = try Client(cluster.address)
      for id in ["a", "b"] { try client.startEndless(id) }
      let answer = try Client(cluster.address).ask(#"DRAIN {"node":"worker-0001","grace_ms":0}"#)
      #expect(answer.kind == .ok)
      for answer in try client.finishAll() {
        #expect(answer.finishReason == "length")
        #expect(answer.isContiguous && answer.text == answer.joinedText)
        #expect(answer.node == "worker-0002")
      }
      #expect(try cluster.status().requests["failovers"] == 1)
      try until("the end of the drained node") { try cluster.nodes().count == 1 }
    }

    @Test func aStoppedNodeEndsAtOnceAndItsStreamsGoOn() throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 4) { $0.contextSize = 1024 }
      let client = try Client(cluster.address)
      for id in 1...4 { try client.startEndless("r\(id)") }
      let victim = try #require(try cluster.nodes().first { $0.name == "worker-0001" })
      #expect(victim.busy == 2)
      let pid = try #require(victim.pid)
      // Even one that stands still.
      kill(pid, SIGSTOP)
      let answer = try Client(cluster.address).ask(#"STOP {"node":"worker-0001"}"#)
      #expect(answer.kind == .ok && answer.body["count"] == 1)
      try until("the end of its process") { !box.processes.contains(pid) }
      for answer in try client.finishAll() {
        #expect(answer.finishReason == "length")
        #expect(answer.isContiguous && answer.text == answer.joinedText)
        #expect(answer.node == "worker-0002")
      }
      #expect(try cluster.nodes().map(\.name) == ["worker-0002"])
      let status = try cluster.status()
      #expect(status.requests["failed"] == 0 && status.nodesLost == 0)
      #expect(status.requests["failovers"] == 2)
    }

    @Test func aNodeThatIsNotThereIsGuessed() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let client = try Client(cluster.address)
      for verb in ["DRAIN", "STOP"] {
        let error = try client.ask(#"\#(verb) {"node":"worker-001"}"#)
        #expect(error.body["code"] == "unknown_node")
        #expect(error.body["message"]?.string?.contains(#"did you mean "worker-0001"?"#) == true)
        let far = try client.ask(#"\#(verb) {"node":"../../etc/passwd"}"#)
        #expect(far.body["message"]?.string?.contains("NODES lists them") == true)
        #expect(try client.ask(#"\#(verb) {"node":7}"#).body["code"] == "invalid_request")
        #expect(try client.ask(#"\#(verb) {"nod":"x"}"#).body["code"] != nil)
      }
      #expect(try client.ask("STOP").body["code"] == "invalid_request")
      #expect(try client.ask(#"DRAIN {"grace_ms":5}"#).body["code"] == "invalid_request")
      #expect(try cluster.nodes().map(\.state) == ["healthy"])
    }

    @Test(arguments: ["STOP", "BALANCER", "SCALE", "RELOAD"])
    func aWorkerKnowsNoneOfThem(_ verb: String) throws {
      let worker = try box.worker()
      let client = try Client(worker.address)
      #expect(try client.ask(verb).body["code"] == "unknown_verb")
      #expect(try client.ask(#"DRAIN {"node":"x"}"#).body["code"] == "unknown_field")
      #expect(try client.ask("PING").kind == .pong)
    }

    // MARK: Sizes

    @Test func scaleBringsNodesAndTakesTheIdlestAway() throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 1) {
        $0.contextSize = 2048
        $0.maxNodes = 4
      }
      let client = try Client(cluster.address)
      try client.startEndless("a")
      try client.startEndless("b")
      let other = try Client(cluster.address)
      let up = try other.ask(#"SCALE {"type":"tiny","count":4}"#).body
      #expect(names(up, "started") == ["worker-0003", "worker-0004"])
      #expect(names(up, "drained") == [])
      try cluster.waitUntilHealthy(4)
      let down = try other.ask(#"SCALE {"type":"tiny","count":2}"#).body
      // The two that run nothing.
      #expect(Set(names(down, "drained")) == ["worker-0003", "worker-0004"])
      try until("two nodes") { try cluster.nodes().count == 2 }
      for answer in try client.finishAll() { #expect(answer.finishReason == "length") }

      let many = try other.ask(#"SCALE {"type":"tiny","count":5}"#)
      #expect(many.body["code"] == "too_many_nodes")
      let wrong = try other.ask(#"SCALE {"type":"tinny","count":1}"#)
      #expect(wrong.body["code"] == "unknown_type")
      #expect(wrong.body["message"]?.string?.contains(#"did you mean "tiny"?"#) == true)
      #expect(try other.ask(#"SCALE {"type":"tiny"}"#).body["code"] == "invalid_request")
      #expect(try cluster.nodes().count == 2)
    }

    // MARK: The balancer

    @Test func balancerTellsWhatEachNodeGot() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 2, strategy: "round-robin"))
      let client = try Client(cluster.address)
      for _ in 0..<6 { _ = try client.answer(to: .infer("Hello", maxTokens: 2)) }
      let answer = try client.ask("BALANCER")
      #expect(answer.kind == .balancer)
      #expect(answer.body["strategy"] == "round-robin" && answer.body["picks"] == 6)
      #expect(answer.body["note"] == nil)
      let type = try #require(answer.body["types"]?.array?.first)
      #expect(type["type"] == "tiny" && type["picks"] == 6 && type["slots"] == 8)
      #expect(type["count"] == 2 && type["share"] == 1)
      let nodes = answer.body["nodes"]?.array ?? []
      #expect(nodes.map { $0["picks"]?.integer } == [3, 3])
      #expect(nodes.map { $0["requests"]?.integer } == [3, 3])
      #expect(nodes.map { $0["share"]?.number } == [0.5, 0.5])
    }

    @Test func anotherStrategyHoldsAtOnceAndLosesNothing() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 3, slots: 1, strategy: "round-robin"))
      let client = try Client(cluster.address)
      let operating = try Client(cluster.address)
      for id in 1...40 { try client.send(.infer("Hello", maxTokens: 8), id: "r\(id)") }
      for strategy in ["random", "cognitive-affinity", "least-loaded"] {
        let answer = try operating.ask(#"BALANCER {"strategy":"\#(strategy)"}"#).body
        #expect(answer["strategy"]?.string == strategy)
        #expect(answer["configured"] == "round-robin")
        #expect(answer["note"]?.string?.contains("until the next RELOAD or restart") == true)
      }
      for answer in try client.finishAll() { #expect(answer.end?.kind == .done) }
      #expect(try cluster.status().requests["failed"] == 0)
      #expect(try operating.ask("STATUS").body["strategy"] == "least-loaded")
      let back = try operating.ask(#"BALANCER {"strategy":"round-robin"}"#).body
      #expect(back["note"] == "as the configuration says")
      _ = try operating.ask(#"BALANCER {"strategy":"random"}"#)
      let wrong = try operating.ask(#"BALANCER {"strategy":"randm"}"#)
      #expect(wrong.body["code"] == "unknown_strategy")
      #expect(wrong.body["message"]?.string?.contains(#"did you mean "random"?"#) == true)
      #expect(try operating.ask("RELOAD").kind == .ok)
      #expect(try operating.ask("STATUS").body["strategy"] == "round-robin")
    }
  }
}
