import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// A node type's `cpu` and `memory` hold its workers, in the way that `STATUS` tells.
  @Suite struct LimitsTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    private func kind(_ cluster: ClusterProgram) throws -> String {
      try #require(try Client(cluster.address).ask("STATUS").body["limits"]?.string)
    }

    /// What a worker is held by, and whether it answers.
    private func check(_ cluster: ClusterProgram, _ plan: ClusterPlan) throws {
      try cluster.waitUntilHealthy(plan.nodes)
      let kind = try kind(cluster)
      report("workers are held to their resources by \(kind)")
      for pid in try cluster.nodes().compactMap(\.pid) {
        if kind == "rlimit" {
          let limits = File.text("/proc/\(pid)/limits").split(separator: "\n")
          let data = try #require(limits.first { $0.hasPrefix("Max data size") })
          #expect(data.split(separator: " ").dropFirst(3).first == "64000000")
          // In proportion to the cores: 0.8 to the power of this is about a third.
          #expect(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(pid)) == 5)
        } else {
          #expect(kind == "cgroup-v1" || kind == "cgroup-v2")
          let groups = File.text("/proc/\(pid)/cgroup").split(separator: "\n")
          let own = groups.filter { $0.contains("/llambo-system-test/worker-000") }
          #expect(own.count == (kind == "cgroup-v1" ? 2 : 1), "\(groups)")
        }
      }
      let answer = try Client(cluster.address).answer(to: .infer("Hello", maxTokens: 8))
      #expect(answer.end?.kind == .done)
    }

    @Test func workersAreHeldToTheirResourcesByWhatTheSystemHas() throws {
      let plan = ClusterPlan(nodes: 2, slots: 1, cpu: "0.33", memory: "64MB")
      let cluster = try box.orchestrator(plan)
      try check(cluster, plan)
      let pids = try cluster.nodes().compactMap(\.pid)
      let groups = pids.flatMap { File.text("/proc/\($0)/cgroup").split(separator: "\n") }
      try cluster.shutDown()
      try box.waitUntilEmpty()
      for group in groups where group.contains("/llambo-system-test/") {
        let path = group.split(separator: ":").last ?? ""
        for mount in ["", "/cpu", "/memory", "/unified"] {
          #expect(!File.exists("/sys/fs/cgroup\(mount)\(path)"), "left over: \(path)")
        }
      }
    }

    @Test func withoutControlGroupsMemoryAndPriorityAreBounded() throws {
      let namespace = ["unshare", "--mount", "sh", "-c"]
      let hidden = "mount -t tmpfs hidden /sys/fs/cgroup"
      guard try box.run(namespace[0], Array(namespace[1...]) + [hidden]).end == .status(0) else {
        return report("no mounts can be made here: control groups were not hidden")
      }
      let plan = ClusterPlan(nodes: 1, slots: 1, cpu: "0.33", memory: "64MB")
      let cluster = try box.orchestrator(
        plan, through: namespace + [hidden + " && exec \"$@\"", "sh"])
      #expect(try kind(cluster) == "rlimit")
      try check(cluster, plan)
    }

    @Test func workerThatNeedsMoreThanItsMemoryDoesNotComeUp() throws {
      let plan = ClusterPlan(nodes: 1, slots: 1, timeout: 1000, memory: "1MB")
      let cluster = try box.orchestrator(plan)
      try until("an end of the worker in: \(cluster.program.errors)") {
        try cluster.nodes().first?.restarts ?? 0 > 0
      }
      #expect(try cluster.status().nodes["healthy"] == 0)
      try cluster.shutDown()
      try box.waitUntilEmpty()
    }

    @Test func withoutResourcesNothingIsLimited() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      #expect(try kind(cluster) == "none")
    }
  }
}
