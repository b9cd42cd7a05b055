import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// Workers that cannot come up.
  @Suite struct FailingWorkerTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    /// An orchestrator whose workers run `script`, which counts its starts.
    private func start(_ plan: ClusterPlan, _ script: String) throws -> ClusterProgram {
      let worker = box.path("worker.sh")
      try File.writeProgram(
        "#!/bin/sh\necho start >> \(box.path("starts"))\n\(script)\n", to: worker)
      return try box.orchestrator(plan, ["--worker", worker])
    }

    private var starts: Int { File.text(box.path("starts")).split(separator: "\n").count }

    @Test func programThatExitsAtOnceIsStartedEverMoreSeldom() throws {
      let cluster = try start(ClusterPlan(nodes: 3, timeout: 2000), "exit 1")
      try until("three starts of each") { starts >= 9 }
      // The next waits last 0.4 s, 0.8 s and 1.6 s at least, so three more each fit in two seconds.
      let before = starts
      throughout(2, "few starts") { starts - before <= 9 }
      report("a program that exits at once was started \(starts) times for three nodes")
      let status = try cluster.status()
      #expect(status.isConsistent)
      #expect(status.nodes["healthy"] == 0)
      #expect(cluster.program.errors.contains("its process ended with status 1"))

      let answer = try Client(cluster.address).answer(to: .infer("Hello"))
      #expect(answer.errorCode == "timeout")
      try cluster.shutDown()
      try box.waitUntilEmpty()
    }

    @Test func workersOfADamagedModelAreStartedEverMoreSeldom() throws {
      try File.write("GGUF is not enough", to: box.path("damaged.gguf"))
      var plan = ClusterPlan(nodes: 1, timeout: 1000)
      plan.model = box.path("damaged.gguf")
      let cluster = try start(plan, "exec \(Programs.worker) \"$@\"")
      try until("the reason in the log") {
        cluster.program.errors.contains("llambo-worker: model_")
          && cluster.program.errors.contains("its process ended with status 65")
      }
      let before = starts
      throughout(1, "few starts") { starts - before <= 4 }
      let answer = try Client(cluster.address).answer(to: .infer("Hello"))
      #expect(answer.errorCode == "timeout")
    }

    @Test func missingProgramIsTriedEverMoreSeldom() throws {
      let cluster = try box.orchestrator(
        ClusterPlan(nodes: 1), ["--worker", box.path("nowhere")])
      try until("a first attempt in the log") {
        cluster.program.errors.contains("cannot start \(box.path("nowhere")): No such file")
      }
      throughout(1, "few attempts") {
        cluster.program.errors.split(separator: "\n").count { $0.contains("cannot start") } <= 5
      }
      #expect(try cluster.status().nodes["waiting"] == 1)
    }

    @Test func workerThatComesUpLaterIsUsed() throws {
      let cluster = try start(
        ClusterPlan(nodes: 1),
        "[ -e \(box.path("ready")) ] || exit 1\nexec \(Programs.worker) \"$@\"")
      let client = try Client(cluster.address)
      try client.send(.infer("Hello", maxTokens: 3), id: "early")
      try until("two starts") { starts >= 2 }
      try File.write("", to: box.path("ready"))
      #expect(try client.finish("early").end?.kind == .done)
      let node = try #require(try cluster.nodes().first)
      #expect(node.state == "healthy" && node.restarts >= 2)
    }
  }
}
