import Testing

extension SystemTests {
  /// `llamboctl` where nothing runs.
  @Suite struct ControlWithoutClusterTests {
    let box: Sandbox

    init() throws {
      box = try Sandbox()
      try box.write(ClusterPlan())
    }

    @Test(arguments: [
      ["status"], ["nodes", "list"], ["nodes", "drain", "x"], ["nodes", "stop", "x"], ["spawn"],
      ["scale", "1"], ["balancer"], ["balancer", "stats"], ["config", "--reload"], ["infer", "x"],
      ["cluster", "info"],
    ])
    func commandSaysThatNoClusterRuns(_ words: [String]) throws {
      let result = try box.run(Programs.llamboctl, words)
      #expect(result.end == .status(69))
      #expect(
        result.errors
          == "llamboctl: no cluster is running: start one with llamboctl init\n")
      #expect(result.output.isEmpty)
    }

    @Test func healthSaysThatTheOrchestratorIsNotThere() throws {
      let result = try box.llamboctl("health")
      #expect(result.end == .status(1))
      #expect(result.output == "⚠ Orchestrator:    UNREACHABLE\n")
      #expect(result.errors.contains("start one with llamboctl init"))
    }

    @Test func shutdownIsDoneAlready() throws {
      let result = try box.llamboctl("shutdown")
      #expect(result.succeeded)
      #expect(result.output == "No cluster is running.\n")
    }

    @Test func misspelledCommandIsGuessed() throws {
      let result = try box.llamboctl("statsu")
      #expect(result.end == .status(64))
      #expect(result.errors.contains("did you mean \"status\"?"))
      #expect(try box.llamboctl("nodes", "lst").errors.contains("did you mean \"list\"?"))
      #expect(try box.llamboctl("spawn", "--cuont", "2").errors.contains("\"--count\"?"))
      #expect(try box.llamboctl().end == .status(64))
    }

    @Test(arguments: [
      [], ["init"], ["spawn"], ["status"], ["nodes"], ["nodes", "list"],
      ["nodes", "drain"], ["nodes", "stop"], ["scale"], ["balancer"], ["balancer", "stats"],
      ["health"], ["infer"], ["limbot"], ["dish"], ["cluster"],
      ["cluster", "info"], ["config"], ["shutdown"],
    ])
    func commandExplainsItself(_ words: [String]) throws {
      let result = try box.run(Programs.llamboctl, words + ["--help"])
      #expect(result.end == .status(0))
      #expect(result.errors.isEmpty)
      let name = (["llamboctl"] + words).joined(separator: " ")
      #expect(result.output.contains(name))
      for line in result.output.split(separator: "\n") { #expect(line.count <= 100) }
    }

    @Test func emptyPromptIsRefusedBeforeACluster() throws {
      let result = try box.llamboctl("infer", input: "\n")
      #expect(result.end == .status(64))
      #expect(result.errors.contains("the prompt is empty"))
    }

    @Test func addressThatIsNoneIsRefused() throws {
      let result = try box.llamboctl("status", "--orchestrator", "localhost")
      #expect(result.end == .status(64))
      #expect(result.errors.contains("host:port"))
      let name = try box.llamboctl("status", "--orchestrator", "example.org:9000")
      #expect(name.errors.contains("numeric host"))
    }

    @Test func configurationIsFoundThroughTheEnvironment() throws {
      let other = box.path("elsewhere.yaml")
      try File.write("cluster:\n  idd: x\n", to: other)
      let result = try box.llamboctl("init", environment: ["CLUSTER_CONFIG": other])
      #expect(result.errors.contains("elsewhere.yaml:2:3"))
    }
  }
}
