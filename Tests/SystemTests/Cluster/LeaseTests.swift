import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// The orchestrator dies; its workers must not stay behind.
  @Suite struct LeaseTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func workersOfADeadOrchestratorEndWithTheirLease() throws {
      var plan = ClusterPlan(nodes: 3)
      plan.lease = 1500
      let cluster = try box.cluster(plan)
      let workers = try cluster.nodes().compactMap(\.pid)
      #expect(Set(workers).isSubset(of: box.processes))
      cluster.program.signal(SIGKILL)
      let start = ContinuousClock.now
      #expect(try cluster.program.waitForEnd() == .signal(SIGKILL))
      try box.waitUntilEmpty()
      report(
        "workers with a lease of 1500 ms were gone \((ContinuousClock.now - start).milliseconds) "
          + "ms after their orchestrator")
      let log = cluster.program.errors
      #expect(log.split(separator: "\n").count { $0.contains("no word from") } == 3)
    }

    @Test func workersStayWhileTheirOrchestratorLives() throws {
      var plan = ClusterPlan(nodes: 2)
      plan.lease = 1500
      plan.healthCheckInterval = 200
      let cluster = try box.cluster(plan)
      let before = try cluster.nodes().compactMap(\.pid)
      try throughout(3, "the same workers") {
        try cluster.nodes().compactMap(\.pid) == before
      }
    }

    @Test func newOrchestratorAdoptsTheWorkersOfADeadOne() throws {
      var plan = ClusterPlan(nodes: 3)
      plan.lease = 20_000
      let first = try box.cluster(plan)
      let old = Set(try first.nodes().compactMap(\.pid))
      first.program.signal(SIGKILL)
      #expect(try first.program.waitForEnd() == .signal(SIGKILL))
      #expect(File.exists(box.path(ClusterPlan.stateFile)))

      // On the same port, so that the old workers find it while their lease runs.
      plan.listen = first.address
      let second = try box.cluster(plan)
      try second.waitUntilHealthy(3)
      let nodes = try second.nodes()
      #expect(nodes.allSatisfy { $0.restarts == 0 })
      #expect(
        Set(nodes.compactMap(\.pid)) == old, "\(first.program.errors)\(second.program.errors)")
      #expect(old.isSubset(of: box.processes), "none was doubled")
      #expect(box.processes.count == old.count + 1)
      #expect(try Client(second.address).answer(to: .infer("Hello")).end?.kind == .done)
      try second.shutDown()
      try box.waitUntilEmpty()
    }
  }
}
