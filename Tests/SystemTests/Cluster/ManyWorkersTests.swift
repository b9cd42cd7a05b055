import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  @Suite struct ManyWorkersTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func threeHundredWorkersStartAnswerAndStop() throws {
      let start = ContinuousClock.now
      let cluster = try box.orchestrator(ClusterPlan(nodes: 300, slots: 1, contextSize: 256))
      try cluster.waitUntilHealthy(300, within: 120)
      let started = ContinuousClock.now

      let answer = try Client(cluster.address).answer(to: .infer("What is a cluster?"))
      #expect(answer.end?.kind == .done && answer.isContiguous)

      let pids = try cluster.nodes().compactMap(\.pid)
      #expect(Set(pids).count == 300)
      let memory = pids.map(privateKilobytes).sorted()
      let median = memory[150]
      #expect(median > 0 && median < 64 << 10)

      let stop = ContinuousClock.now
      try cluster.shutDown()
      try box.waitUntilEmpty()
      report(
        "300 workers were healthy after \((started - start).milliseconds) ms and gone after "
          + "\((ContinuousClock.now - stop).milliseconds) ms; private memory: median "
          + "\(median) KiB, most \(memory[299]) KiB")
      for pid in pids { #expect(!File.exists("/proc/\(pid)/environ"), "\(pid) lives") }
    }

    private func privateKilobytes(_ pid: pid_t) -> Int {
      File.text("/proc/\(pid)/smaps_rollup").split(separator: "\n").reduce(0) { sum, line in
        guard line.hasPrefix("Private_Clean:") || line.hasPrefix("Private_Dirty:") else {
          return sum
        }
        return sum + (Int(line.split(separator: " ")[1]) ?? 0)
      }
    }
  }
}
