import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// `llamboctl` as an operator of a running cluster uses it.
  @Suite struct ControlOperatorTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    private func json(_ text: String) throws -> JSON { try JSON.parse(Array(text.utf8).span) }

    @Test func nodesAreDrainedAndStopped() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 4))
      let drained = try box.llamboctl("nodes", "drain", "worker-0002")
      #expect(drained.succeeded, "\(drained.errors)")
      #expect(drained.output == "worker-0002 has stopped; 3 nodes of type tiny left.\n")
      let stopped = try box.llamboctl("nodes", "stop", "worker-0004")
      #expect(stopped.output == "worker-0004 has stopped; 2 nodes of type tiny left.\n")
      #expect(try cluster.nodes().map(\.name) == ["worker-0001", "worker-0003"])
      let told = try box.llamboctl("nodes", "drain", "worker-0001", "--no-wait", "--json")
      #expect(try json(told.output)["count"] == 1)
      let typo = try box.llamboctl("nodes", "stop", "worker-003")
      #expect(typo.end == .status(1))
      #expect(typo.errors.contains("did you mean \"worker-0003\"?"))
      let last = try box.llamboctl("nodes", "stop", "worker-0003", "--json")
      #expect(try json(last.output)["state"] == "gone")
    }

    @Test func aDrainTakesTheGraceThatItIsGiven() throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 1) { $0.contextSize = 2048 }
      let client = try Client(cluster.address)
      try client.startEndless("a")
      let busy = try #require(try cluster.nodes().first { $0.busy == 1 }).name
      let drained = try box.llamboctl("nodes", "drain", busy, "--grace", "0")
      #expect(drained.succeeded, "\(drained.errors)")
      let answer = try client.finish("a")
      #expect(answer.finishReason == "length" && answer.isContiguous)
      #expect(answer.node != busy)
    }

    @Test func balancerIsShownAndChanged() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 2, strategy: "round-robin"))
      let client = try Client(cluster.address)
      for _ in 0..<4 { _ = try client.answer(to: .infer("Hello", maxTokens: 2)) }
      let stats = try box.llamboctl("balancer", "stats")
      #expect(stats.succeeded, "\(stats.errors)")
      #expect(stats.lines.first == "Strategy round-robin")
      #expect(stats.output.contains("4 picks, 4 requests finished, 0 of 8 slots busy"))
      #expect(stats.lines.contains { $0.hasPrefix("worker-0001") && $0.hasSuffix("50.0 %") })
      let changed = try box.llamboctl("balancer", "--strategy", "random")
      #expect(changed.output.hasPrefix("The strategy is random, in force until the next RELOAD"))
      let after = try box.llamboctl("balancer")
      #expect(after.output.contains("until the next reload or restart (configured: round-robin)"))
      let body = try json(try box.llamboctl("balancer", "stats", "--json").output)
      #expect(body["strategy"] == "random" && body["picks"] == 4)
      let typo = try box.llamboctl("balancer", "--strategy", "least-loded")
      #expect(typo.end == .status(64))
      #expect(typo.errors.contains("did you mean \"least-loaded\"?"))
    }

    @Test func aTypeIsScaled() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1, maxNodes: 4))
      let up = try box.llamboctl("scale", "3", "--type", "tiny")
      #expect(up.succeeded, "\(up.errors)")
      #expect(up.output == "Type tiny has 3 nodes: started worker-0002 to worker-0003.\n")
      #expect(try cluster.status().nodes["healthy"] == 3)
      let down = try box.llamboctl("scale", "1", "--json")
      #expect(try json(down.output)["drained"]?.array?.count == 2)
      try until("one node") { try cluster.nodes().count == 1 }
      let same = try box.llamboctl("scale", "1")
      #expect(same.output == "Type tiny has 1 node: as it was.\n")
      let many = try box.llamboctl("scale", "5")
      #expect(many.end == .status(1))
      #expect(many.errors.contains("5 nodes would pass max_nodes, which is 4"))
      let typo = try box.llamboctl("scale", "1", "--type", "tinny")
      #expect(typo.errors.contains("did you mean \"tiny\"?"))
      #expect(try box.llamboctl("scale", "few").end == .status(64))
    }

    @Test func reloadTellsWhatChanged() throws {
      var plan = ClusterPlan(nodes: 1)
      _ = try box.cluster(plan)
      let nothing = try box.llamboctl("config", "--reload")
      #expect(nothing.succeeded && nothing.output.contains("nothing to change"))
      plan.queueLimit = 9
      plan.listen = "127.0.0.1:1"
      try box.write(plan)
      let reload = try box.llamboctl("config", "--reload")
      #expect(reload.lines.contains("  cluster.load_balancer.queue_limit: 1024 → 9"))
      #expect(reload.output.contains("These wait for a restart of the cluster:"))
      #expect(reload.lines.last?.contains("orchestrator.listen: 127.0.0.1:0 →") == true)
      let body = try json(try box.llamboctl("config", "--reload", "--json").output)
      #expect(body["changed"] == [])
      try File.write("cluster: 5\n", to: box.path("cluster-config.yaml"))
      let broken = try box.llamboctl(
        "config", "--reload", "--orchestrator", try box.state().listen)
      #expect(broken.end == .status(1))
      #expect(broken.errors.contains("must be a mapping"))
    }

    @Test func spawnShowsItsProgressOnATerminalOnly() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let piped = try box.llamboctl("spawn", "--count", "3")
      #expect(piped.succeeded && piped.errors.isEmpty)
      #expect(!piped.output.contains("Starting workers"))
      let terminal = try box.shell(#"script -qec "$llamboctl spawn --count 8" /dev/null"#)
      #expect(terminal.succeeded, "\(terminal.errors)")
      #expect(terminal.output.contains("Starting workers ["))
      #expect(terminal.output.contains(" of 8"))
      #expect(terminal.output.contains("Spawned 8 of type tiny"))
    }
  }
}
