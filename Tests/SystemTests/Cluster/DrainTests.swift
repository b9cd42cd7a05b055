import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// Stopping lets what runs finish and loses nothing.
  @Suite struct DrainTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func workerThatIsToldToEndFinishesItsAnswerAndGetsNoMore() throws {
      let cluster = try box.tirelessCluster(nodes: 2) { $0.contextSize = 768 }
      let client = try Client(cluster.address)
      for id in 1...6 { try client.startEndless("long-\(id)") }
      let node = try #require(try cluster.nodes().first)
      let pid = try #require(node.pid)
      #expect(node.busy == 3)
      kill(pid, SIGTERM)
      for id in 1...60 { try client.send(.infer("Hello", maxTokens: 2), id: "short-\(id)") }
      let answers = try client.finishAll()
      for answer in answers {
        #expect(answer.end?.kind == .done, "\(answer.errorCode ?? "no error")")
        #expect(answer.isContiguous)
      }
      try until("a replacement") {
        try cluster.nodes().allSatisfy { $0.state == "healthy" && $0.pid != pid }
      }
    }

    @Test func whatMovesTakesAlongWhatWasComputedOfIt() throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 1)
      let client = try Client(cluster.address)
      let prompt = String(repeating: "What is a cluster? ", count: 800)
      try client.send(.infer(prompt, maxTokens: 1 << 20), id: "long")
      try client.waitForTokens(2, of: "long")
      let nodes = try cluster.nodes()
      let giver = try #require(nodes.first { $0.busy == 1 })
      let taker = try #require(nodes.first { $0.busy == 0 })
      // It saves a second before its requests move, which here is at once.
      let leaving = try Client(giver.listen)
      #expect(try leaving.ask(#"SHUTDOWN {"grace_ms":60000,"move_ms":1000}"#).kind == .ok)
      let cells = box.path(ClusterPlan.stateFile) + ".cells"
      try until("the saved cells") { File.names(in: cells).contains { $0.hasSuffix(".cells") } }
      #expect(try leaving.ask(#"SHUTDOWN {"grace_ms":0}"#).kind == .ok)
      try until("the stream on the other node") {
        let worker = try Client(taker.listen).ask("STATUS").body
        return worker["tokens"]?.integer ?? 0 > 0
      }
      try client.send("CANCEL #long")
      let answer = try client.finish("long")
      #expect(answer.finishReason == "cancelled" && answer.isContiguous)
      #expect(answer.node == taker.name)
      let worker = try Client(taker.listen).ask("STATUS").body
      let computed = try #require(worker["prompt_tokens"]?.integer)
      let known = try #require(answer.end?.body["prompt_tokens"]?.integer)
      // What the giver generated after it had saved, and not the prompt.
      #expect(computed > 0 && computed < known)
      report("of a prompt of \(known) tokens and its answer the next worker computed \(computed)")
      try cluster.shutDown()
      #expect(!File.exists(box.path(ClusterPlan.stateFile) + ".cells"))
    }

    @Test func shutdownOfAClusterFinishesWhatRunsAndRefusesTheRest() throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 1) { $0.contextSize = 1024 }
      let client = try Client(cluster.address)
      try client.startEndless("a")
      try client.startEndless("b")
      try client.send(.infer("Hello"), id: "waiting")
      #expect(try client.ask(#"SHUTDOWN {"grace_ms":60000}"#).kind == .ok)
      try client.send(.infer("Hello"), id: "late")
      #expect(try client.finish("waiting").errorCode == "draining")
      #expect(try client.finish("late").errorCode == "draining")
      #expect(try client.finish("a").finishReason == "length")
      #expect(try client.finish("b").finishReason == "length")
      #expect(try cluster.program.waitForEnd() == .status(0))
      try box.waitUntilEmpty()
    }

    @Test func shutdownCancelsWhatOutlivesItsGrace() throws {
      let cluster = try box.tirelessCluster(nodes: 1)
      let client = try Client(cluster.address)
      try client.startEndless("long")
      #expect(try client.ask(#"SHUTDOWN {"grace_ms":0}"#).kind == .ok)
      let answer = try client.finish("long")
      #expect(answer.finishReason == "cancelled")
      #expect(answer.text == answer.joinedText)
      #expect(try cluster.program.waitForEnd() == .status(0))
      try box.waitUntilEmpty()
    }

    @Test func drainOfAClusterFinishesWhatRuns() throws {
      let cluster = try box.tirelessCluster(nodes: 1) { $0.contextSize = 512 }
      let client = try Client(cluster.address)
      try client.startEndless("long")
      #expect(try client.ask("DRAIN").kind == .ok)
      #expect(try client.finish("long").finishReason == "length")
      #expect(try cluster.program.waitForEnd() == .status(0))
      try box.waitUntilEmpty()
    }

    @Test func sigtermEndsTheOrchestratorAndItsWorkers() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 3))
      cluster.program.signal(SIGTERM)
      #expect(try cluster.program.waitForEnd() == .status(0))
      try box.waitUntilEmpty()
      #expect(!File.exists(box.path(ClusterPlan.stateFile)))
    }

    @Test func shutdownWhileWorkersStartLeavesNone() throws {
      let cluster = try box.orchestrator(ClusterPlan(nodes: 40))
      try until("a first worker") { box.processes.count > 1 }
      try cluster.shutDown()
      try box.waitUntilEmpty()
    }

    @Test func workerThatStandsStillIsKilledAtShutdown() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 2))
      let pid = try #require(try cluster.nodes().first?.pid)
      kill(pid, SIGSTOP)
      try cluster.shutDown()
      try box.waitUntilEmpty()
    }
  }
}
