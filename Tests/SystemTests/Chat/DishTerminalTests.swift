import TerminalHarness
import Testing

extension SystemTests {
  /// dish as a person has it.
  @Suite struct DishTerminalTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    private func dish() throws -> PseudoTerminal {
      let dish = try box.terminal(Programs.llamboctl, ["dish"])
      try dish.wait(for: "help lists the commands.")
      try dish.wait(for: Sandbox.dishPrompt)
      return dish
    }

    @Test func aPersonDrivesTheCluster() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let dish = try dish()
      func enter(_ line: String) throws -> String {
        try dish.enter(line, until: Sandbox.dishPrompt)
      }
      #expect(dish.shown.contains("Cluster system-test, 1 of 1 nodes healthy."))
      #expect(try enter("status").contains("1 healthy of 1"))
      #expect(try enter("nodes").contains("worker-0001  tiny  healthy"))
      #expect(try enter("ask -n 8 -t 0 What's a node?").contains("8 tokens, "))
      #expect(try enter("statsu").contains("dish: unknown command \"statsu\"; did you mean"))
      #expect(try enter("help").contains("exit, quit  Leave; so does Ctrl-D."))
      #expect(try enter("spawn").contains("The cluster has 2 nodes."))
      #expect(try enter("health").contains("2/2 HEALTHY"))
      #expect(try dish.leave("quit") == 0)
      #expect(File.mode(box.path("history")) == 0o600)
      #expect(File.text(box.path("history")).contains("statsu"))
    }

    @Test func tabCompletesCommandsOptionsAndFiles() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let dish = try dish()
      dish.type("sta\t")
      try dish.wait(for: "tus ")
      dish.type("--js\t")
      try dish.wait(for: "on ")
      dish.type("\r")
      try dish.wait(for: "{\"cluster\":\"system-test\"")
      try dish.wait(for: Sandbox.dishPrompt)
      dish.type("clu\tin\t\r")
      try dish.wait(for: "Orchestrator   127.0.0.1:")
      try dish.wait(for: Sandbox.dishPrompt)
      dish.type("config --validate --config cluster-c\t\r")
      try dish.wait(for: "cluster-config.yaml is valid.")
      try dish.wait(for: Sandbox.dishPrompt)
      // Nothing to complete, not even a file's name.
      dish.type("help nothing-\t\r")
      try dish.wait(for: "unknown command \"nothing-\"")
      try dish.wait(for: Sandbox.dishPrompt)
      #expect(try dish.leave("exit") == 0)
    }

    @Test func ctrlCClearsTheLineOrEndsWhatRuns() throws {
      let cluster = try box.tirelessCluster(nodes: 1)
      let dish = try dish()
      dish.type("spawn --count 1000")
      try dish.wait(for: "--count 1000")
      dish.type("\u{3}")
      try dish.wait(for: Sandbox.dishPrompt)
      dish.type("ask -n 100000 -t 0 What is a cluster?\r")
      try until("a running answer") { try cluster.status().tokens > 20 }
      dish.type("\u{3}")
      try dish.wait(for: Sandbox.dishPrompt)
      try cluster.waitUntilIdle()
      #expect(try cluster.status().tokens < TirelessModel.contextSize / 2)
      #expect(try dish.enter("status", until: Sandbox.dishPrompt).contains("1 healthy of 1"))
      #expect(try dish.finishByEndOfInput() == 0)
    }

    @Test func limbotRunsWithin() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let dish = try dish()
      dish.type("limbot -n 8 -t 0\r")
      try dish.wait(for: "/help shows what you can do.")
      try dish.wait(for: Sandbox.limbotPrompt)
      try dish.enter("What is a node?")
      dish.type("/exit\r")
      try dish.wait(for: Sandbox.dishPrompt)
      #expect(try dish.leave("exit") == 0)
    }

    @Test func withoutAClusterItSaysHowToStartOne() throws {
      try box.write(ClusterPlan(nodes: 1))
      let dish = try box.terminal(Programs.llamboctl, ["dish"])
      try dish.wait(for: "No cluster is running; init starts one. help lists the commands.")
      try dish.wait(for: Sandbox.dishPrompt)
      #expect(
        try dish.enter("status", until: Sandbox.dishPrompt).contains("no cluster is running"))
      #expect(try dish.leave("exit") == 0)
    }
  }
}
