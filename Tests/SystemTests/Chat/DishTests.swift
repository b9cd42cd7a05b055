import LlamboJSON
import Testing

extension SystemTests {
  /// dish with a script on its standard input.
  @Suite struct DishTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func aScriptRunsLineByLine() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 2))
      let expected = try Client(cluster.address).answer(
        to: .infer("What's a cluster?", maxTokens: 8))
      let text = try #require(expected.text).drop { $0 == " " || $0 == "\n" }
      let result = try box.llamboctl(
        "dish",
        input: """
          # What follows is asked of the cluster.
          status

          nodes   # all of them
          cluster info
          infer -n 8 -t 0 What's a cluster?
          ask -n 8 -t 0 What's a cluster?
          help
          help nodes list
          spawn --help
          exit
          statsu

          """)
      #expect(result.end == .status(0))
      #expect(result.errors.isEmpty)
      #expect(result.output.hasPrefix("Cluster system-test on \(cluster.address), "))
      #expect(!result.output.contains(Sandbox.dishPrompt))
      #expect(result.lines.filter { $0.hasPrefix("worker-000") }.count == 2)
      #expect(result.output.contains("tiny      2        2   0/8 "))
      #expect(result.output.contains("\(text)\n\(text)\n"))
      #expect(result.output.contains("  cluster     Look at the cluster as a whole.\n"))
      #expect(result.output.contains("Usage: llamboctl nodes list"))
      #expect(result.output.contains("Usage: llamboctl spawn"))
    }

    @Test func mistakesBearTheirLineAndTheFirstOneIsTheStatus() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let script = """
        status
        # a comment counts as a line
        nodes stop dragon
        statsu
        spawn --cuont 3
        infer "no end
        dish
        infer
        exit now
        health
        """
      let result = try box.llamboctl("dish", input: script)
      #expect(result.end == .status(1))
      #expect(result.output.hasPrefix("Cluster "))
      #expect(result.output.contains("Node Health:     1/1 HEALTHY"))
      let errors = result.errors.split(separator: "\n").map(String.init)
      try #require(errors.count == 9, "\(result.errors)")
      #expect(errors[0].contains("no node \"dragon\" in this cluster"))
      #expect(errors[1] == "dish: line 3: nodes stop ended with status 1")
      #expect(errors[2] == "dish: line 4: unknown command \"statsu\"; did you mean \"status\"?")
      #expect(errors[3].hasPrefix("dish: line 5: unknown option \"--cuont\""))
      #expect(errors[4].hasPrefix("dish: line 6: a quotation has no end"))
      #expect(errors[5].hasPrefix("dish: line 7: this is dish already"))
      #expect(errors[6] == "llamboctl: the prompt is empty")
      #expect(errors[7] == "dish: line 8: infer ended with status 64")
      #expect(errors[8] == "dish: line 9: exit stands alone on its line")

      let first = try box.llamboctl("dish", input: "statsu\nnodes stop dragon\n")
      #expect(first.end == .status(64))
      let stopped = try box.llamboctl("dish", "--stop-on-error", input: script)
      #expect(stopped.end == .status(1))
      #expect(stopped.errors.split(separator: "\n").count == 2)
      #expect(!stopped.output.contains("HEALTHY"))
    }

    @Test func aReaderThatLeavesEndsTheScriptQuietly() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let result = try box.shell("yes status 2>/dev/null | $llamboctl dish | head -1")
      #expect(result.succeeded)
      #expect(result.lines.count == 1)
      #expect(result.errors.isEmpty)
    }

    @Test func whatTheCommandLineSaysHoldsForEveryLine() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let elsewhere = try box.run(
        "env", ["-C", "/", Programs.llamboctl, "dish", "-o", cluster.address],
        input: "status\nstatus -o 127.0.0.1:1\n")
      #expect(elsewhere.end == .status(69))
      #expect(elsewhere.output.hasPrefix("Cluster system-test on \(cluster.address)"))
      #expect(elsewhere.errors.contains("no orchestrator answers on 127.0.0.1:1"))
      let configured = try box.run(
        "env",
        ["-C", "/", Programs.llamboctl, "dish", "--config", box.path("cluster-config.yaml")],
        input: "config --validate\n")
      #expect(configured.output == "\(box.path("cluster-config.yaml")) is valid.\n")
    }

    @Test func withoutAClusterAScriptCanStartAndStopOne() throws {
      try box.write(ClusterPlan(nodes: 1))
      let missing = try box.llamboctl("dish", input: "status\n")
      #expect(missing.end == .status(69))
      #expect(missing.errors.contains("start one with llamboctl init"))
      let result = try box.llamboctl("dish", input: "init\nhealth\nshutdown\n")
      #expect(result.end == .status(0), "\(result.errors)")
      #expect(result.lines.first?.contains("is ready: 1 node behind") == true)
      #expect(result.lines.last == "The cluster has stopped.")
      try box.waitUntilEmpty()
    }
  }
}
