import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// `llamboctl` and a cluster, from `init` to `shutdown`.
  @Suite struct ControlTests {
    let box: Sandbox

    init() throws {
      box = try Sandbox()
      try box.write(ClusterPlan(nodes: 2, maxNodes: 6))
    }

    private func json(_ text: String) throws -> JSON { try JSON.parse(Array(text.utf8).span) }

    @Test func aClusterLivesFromInitToShutdown() throws {
      let started = try box.llamboctl("init")
      #expect(started.succeeded, "\(started.errors)")
      let address = try box.state().listen
      #expect(started.output == "Cluster system-test is ready: 2 nodes behind \(address).\n")
      let again = try box.llamboctl("init")
      #expect(again.succeeded)
      #expect(again.output.contains("was running already: 2 nodes behind \(address)."))

      let spawned = try box.llamboctl("spawn", "--count", "2", "--type", "tiny")
      #expect(spawned.succeeded)
      #expect(spawned.output.contains("worker-0003 to worker-0004"))
      #expect(spawned.output.contains("The cluster has 4 nodes."))

      let health = try box.llamboctl("health")
      #expect(health.succeeded)
      #expect(health.lines.count == 3 && health.lines.allSatisfy { $0.hasPrefix("✓") })
      #expect(health.output.contains("4/4 HEALTHY"))

      let stopped = try box.llamboctl("shutdown")
      #expect(stopped.succeeded)
      #expect(stopped.output == "The cluster has stopped.\n")
      try box.waitUntilEmpty()
      #expect(!File.exists(box.path(ClusterPlan.stateFile)))
      let stoppedAgain = try box.llamboctl("shutdown")
      #expect(stoppedAgain.succeeded)
      #expect(stoppedAgain.output == "No cluster is running.\n")
    }

    @Test func statusAndNodesTellTheSameToPeopleAndPrograms() throws {
      _ = try box.cluster(ClusterPlan(nodes: 2, maxNodes: 6))
      let status = try box.llamboctl("status")
      #expect(status.succeeded)
      #expect(status.output.contains("2 healthy of 2"))
      #expect(status.output.contains("0 busy of 8"))
      let body = try json(try box.llamboctl("status", "--json").output)
      #expect(body["cluster"] == "system-test")
      #expect(body["nodes"]?["healthy"] == 2)

      let table = try box.llamboctl("nodes", "list").lines
      #expect(table.count == 3)
      #expect(table[0].hasPrefix("NODE"))
      #expect(table[1].hasPrefix("worker-0001") && table[1].contains(" healthy "))
      let nodes = try json(try box.llamboctl("nodes", "list", "--json").output)
      #expect(nodes.array?.map { $0["node"]?.string } == ["worker-0001", "worker-0002"])
    }

    @Test func inferAnswersAnArgumentAndAPipe() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let expected = try Client(cluster.address).answer(to: .infer("What is a cluster?"))
      let text = try #require(expected.text).drop { $0 == " " || $0 == "\n" } + "\n"
      let options = ["--max-tokens", "32", "--temperature", "0"]

      let argument = try box.run(Programs.llamboctl, ["infer", "What is a cluster?"] + options)
      #expect(argument.end == .status(0))
      #expect(argument.output == text)
      let piped = try box.run(
        Programs.llamboctl, ["infer"] + options, input: "What is a cluster?\n")
      #expect(piped.output == text)
      let whole = try box.run(
        Programs.llamboctl, ["infer", "--json", "What is a cluster?"] + options)
      #expect(try json(whole.output)["text"]?.string == expected.text)
    }

    @Test func limbotAnswersThroughTheTemplate() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let expected = try Client(cluster.address).answer(to: .chat("What is a node?"))
      let answer = try box.llamboctl("limbot", "What is a node?", "-n", "96", "-t", "0")
      #expect(answer.succeeded)
      #expect(answer.output == "\(expected.text ?? "none")\n")
    }

    @Test func readerThatLeavesEndsInferWithoutNoiseAndFreesTheSlot() throws {
      let cluster = try box.tirelessCluster(nodes: 1)
      let result = try box.shell("$llamboctl infer 'What is a node?' -n 100000 -t 0 | head -c1")
      #expect(result.succeeded)
      #expect(result.output.count == 1)
      #expect(result.errors.isEmpty)
      try cluster.waitUntilIdle()
      #expect(try cluster.status().tokens < TirelessModel.contextSize / 2)
    }

    @Test func refusalsOfTheClusterReachThePerson() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1, maxNodes: 2))
      let unknown = try box.llamboctl("spawn", "--type", "dragon")
      #expect(unknown.end == .status(64))
      #expect(unknown.errors.contains("unknown node type \"dragon\""))
      let many = try box.llamboctl("spawn", "--count", "2")
      #expect(many.end == .status(1))
      #expect(many.errors.contains("max_nodes, which is 2"))
      let more = try box.llamboctl("scale", "3000")
      #expect(more.end == .status(1))
      #expect(more.errors.contains("3000 nodes would pass max_nodes, which is 2"))
      let long = try box.llamboctl("infer", input: String(repeating: "node ", count: 2000))
      #expect(long.end == .status(1))
      #expect(long.errors.contains("prompt_too_long"))
    }

    @Test func healthTellsOfANodeThatIsDown() throws {
      let llamboctl = try box.programs(
        workerScript: "[ -e \(box.path("broken")) ] && exit 1\nexec \(Programs.worker) \"$@\"")
      #expect(try box.run(llamboctl, ["init"]).end == .status(0))
      let cluster = ClusterProgram(
        program: try box.start("true"), address: try box.state().listen)
      try File.write("", to: box.path("broken"))
      let victim = try #require(try cluster.nodes().first?.pid)
      kill(victim, SIGKILL)
      try until("the loss in STATUS") { try cluster.status().nodesLost > 0 }
      let health = try box.llamboctl("health")
      #expect(health.end == .status(1))
      #expect(health.lines.contains { $0.hasPrefix("⚠") && $0.contains("1/2 DEGRADED") })
      #expect(health.lines.contains { $0.hasPrefix("✓") && $0.contains("1/2 HEALTHY") })
      let body = try json(try box.llamboctl("health", "--json").output)
      #expect(body["healthy"] == false)
      #expect(try box.llamboctl("shutdown").succeeded)
      try box.waitUntilEmpty()
    }

    @Test func nodeThatLeavesAsItWasToldToIsNoTrouble() throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 1)
      let client = try Client(cluster.address)
      try client.startEndless("a")
      let busy = try #require(try cluster.nodes().first { $0.busy == 1 })
      #expect(try client.ask("DRAIN {\"node\":\"\(busy.name)\"}").kind == .ok)
      let health = try box.llamboctl("health")
      #expect(health.succeeded)
      #expect(health.lines.last == "✓ Node Health:     1/1 HEALTHY, 1 leaving")
    }

    @Test func healthTellsOfAnOrchestratorThatStandsStill() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      try Stopped.during(cluster.program.pid) {
        let health = try box.llamboctl("health")
        #expect(health.end == .status(1))
        #expect(health.output.contains("⚠ Orchestrator:    UNREACHABLE"))
      }
      try cluster.waitUntilHealthy(1)
    }

    @Test func shutdownLetsARunningAnswerFinish() throws {
      let cluster = try box.tirelessCluster(nodes: 1) { $0.contextSize = 1024 }
      let client = try Client(cluster.address)
      try client.startEndless("long")
      let control = try box.start(Programs.llamboctl, ["shutdown", "--grace", "60"])
      #expect(try client.finish("long").finishReason == "length")
      #expect(try control.waitForEnd(within: 60) == .status(0))
      try box.waitUntilEmpty()
    }
  }
}
