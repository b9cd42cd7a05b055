import Glibc
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// Programs that end with whoever started them.
  @Suite struct TiedTests {
    private let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func workerEndsWhenItsInputDoes() throws {
      let result = try box.run(
        "sh", ["-c", ": | \(Programs.worker) --model \(Programs.model) --tied"])
      #expect(result.end == .status(0))
      #expect(result.errors.contains(" on 127.0.0.1:"))
    }

    @Test func orchestratorTakesItsWorkersAndItsFolderAlong() throws {
      let (folder, input) = (box.path("own"), box.path("input"))
      #expect(mkdir(folder, 0o700) == 0)
      #expect(mkfifo(input, 0o600) == 0)
      let (config, plan) = (folder + "/config.yaml", ClusterPlan(nodes: 2))
      try File.write(plan.yaml, to: config)
      let line = "exec \(Programs.orchestrator) --config \(config) --tied --own-folder <\(input)"
      let program = try box.start("sh", ["-c", line])
      // Waits for the reader.
      let writing = open(input, O_WRONLY)
      let stateFile = "\(folder)/\(ClusterPlan.stateFile)"
      _ = try program.waitForLine("state in \(stateFile)")
      #expect(!File.exists(config))
      let state = try ClusterState(
        body: try JSON.parse(Array(File.text(stateFile).utf8).span))
      try ClusterProgram(program: program, address: state.listen).waitUntilHealthy(plan.nodes)
      close(writing)
      #expect(try program.waitForEnd() == .status(0), "\(program.errors)")
      try box.waitUntilEmpty()
      #expect(!File.exists(folder))
    }

    @Test func configurationOfOthersStays() throws {
      try File.write(ClusterPlan(nodes: 1).yaml, to: box.path("cluster-config.yaml"))
      let result = try box.run("sh", ["-c", ": | \(Programs.orchestrator) --tied"])
      #expect(result.end == .status(0), "\(result.errors)")
      #expect(File.exists(box.path("cluster-config.yaml")))
      #expect(!File.exists(box.path(ClusterPlan.stateFile)))
    }

    @Test func inputThatCannotEndIsRefused() throws {
      let worker = try box.run(Programs.worker, ["--model", Programs.model, "--tied"])
      #expect(worker.end == .status(69))
      #expect(worker.errors.contains("--tied needs a pipe"))
    }
  }
}
