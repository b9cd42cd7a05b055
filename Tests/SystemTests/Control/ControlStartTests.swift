import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// `llamboctl init` where a cluster cannot start.
  @Suite struct ControlStartTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func brokenConfigurationIsShownWithItsPlace() throws {
      try File.write("cluster:\n  idd: x\n", to: box.path("cluster-config.yaml"))
      let result = try box.llamboctl("init")
      #expect(result.end == .status(78))
      #expect(result.errors.contains("cluster-config.yaml:2:3: "))
      #expect(box.processes.isEmpty)
    }

    @Test func missingConfigurationIsNamed() throws {
      let result = try box.llamboctl("init")
      #expect(result.end == .status(78))
      #expect(result.errors.contains("cluster-config.yaml: cannot be read"))
    }

    @Test func missingModelIsTold() throws {
      var plan = ClusterPlan()
      plan.model = "dragon"
      try box.write(plan)
      let result = try box.llamboctl("init")
      #expect(result.end == .status(78))
      #expect(result.errors.contains("no file for model \"dragon\""))
      try box.waitUntilEmpty()
    }

    @Test func workersThatDoNotComeUpAreToldByTheLogAndNothingStays() throws {
      try box.write(ClusterPlan(nodes: 3))
      let llamboctl = try box.programs(workerScript: "echo the dog ate it >&2\nexit 3")
      let result = try box.run(llamboctl, ["init"])
      #expect(result.end == .status(1))
      #expect(result.errors.contains("the workers do not come up"))
      #expect(result.errors.contains("the dog ate it"))
      #expect(result.errors.contains("ended with status 3"))
      try box.waitUntilEmpty()
      #expect(!File.exists(box.path(ClusterPlan.stateFile)))
    }

    @Test func workersThatNeverReportAreGivenUpAfterTheTimeout() throws {
      try box.write(ClusterPlan(nodes: 2))
      let llamboctl = try box.programs(workerScript: "exec sleep 600")
      let result = try box.run(llamboctl, ["init", "--timeout", "1"])
      #expect(result.end == .status(1))
      #expect(result.errors.contains("only 0 of 2 nodes are healthy after 1 s"))
      try box.waitUntilEmpty()
    }

    @Test func stateOfADeadOrchestratorDoesNotHinder() throws {
      let dead = try box.cluster(ClusterPlan(nodes: 1, lease: 1000))
      dead.program.signal(SIGKILL)
      _ = try dead.program.waitForEnd()
      #expect(try box.llamboctl("status").end == .status(69))
      let shutdown = try box.llamboctl("shutdown")
      #expect(shutdown.succeeded)
      #expect(shutdown.output.contains("No orchestrator answers on \(dead.address)"))
      let started = try box.llamboctl("init")
      #expect(started.succeeded, "\(started.errors)")
      #expect(started.output.contains("is ready: 1 node behind"))
      #expect(try box.llamboctl("shutdown").succeeded)
      try box.waitUntilEmpty()
    }

    @Test func stateFileOfSomethingElseIsRefused() throws {
      try box.write(ClusterPlan(nodes: 1))
      try File.write("not a state\n", to: box.path(ClusterPlan.stateFile))
      let result = try box.llamboctl("status")
      #expect(result.end == .status(65))
      #expect(result.errors.contains("cannot be used"))
    }
  }
}
