import Foundation
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// What an orchestrator needs to start, and what it leaves.
  @Suite struct OrchestratorStartTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    /// Runs an orchestrator that must not start; returns what it says.
    private func refusal(_ status: Int32, yaml: String) throws -> String {
      try File.write(yaml, to: box.path("cluster-config.yaml"))
      let result = try box.run(Programs.orchestrator)
      #expect(result.end == .status(status), "\(result.errors)")
      #expect(result.errors.hasPrefix("llambo-orchestrator: "))
      return result.errors
    }

    private func refusal(_ status: Int32, _ plan: ClusterPlan) throws -> String {
      try refusal(status, yaml: plan.yaml)
    }

    @Test func unknownKeyIsShownWithItsPlace() throws {
      let yaml = ClusterPlan().yaml.replacing("max_nodes:", with: "max_knots:")
      let line = try #require(yaml.split(separator: "\n").firstIndex { $0.contains("max_knots") })
      let errors = try refusal(78, yaml: yaml)
      #expect(errors.contains("cluster-config.yaml:\(line + 1):5: "))
      #expect(errors.contains("max_nodes"))
    }

    @Test func wrongTypeIsShownWithItsPlace() throws {
      let yaml = ClusterPlan().yaml.replacing("slots: 4", with: "slots: many")
      let line = try #require(yaml.split(separator: "\n").firstIndex { $0.contains("many") })
      let errors = try refusal(78, yaml: yaml)
      #expect(errors.contains("cluster-config.yaml:\(line + 1):16: "))
    }

    @Test func missingConfigurationIsNamed() throws {
      let result = try box.run(Programs.orchestrator, ["--config", "nowhere.yaml"])
      #expect(result.end == .status(78))
      #expect(result.errors.contains("nowhere.yaml: cannot be read: No such file"))
    }

    @Test func missingModelOfATypeIsNamed() throws {
      var plan = ClusterPlan()
      plan.model = "dragon"
      let errors = try refusal(78, plan)
      #expect(errors.contains("no file for model \"dragon\" of node type \"tiny\""))
      #expect(errors.contains("looked for dragon/model.json"))
    }

    @Test func portInUseSaysWhatToDo() throws {
      var plan = ClusterPlan()
      plan.listen = try box.worker().address
      let errors = try refusal(69, plan)
      #expect(errors.contains("cannot listen on \(plan.listen): Address already in use"))
      #expect(!File.exists(box.path(ClusterPlan.stateFile)))
    }

    @Test func addressBeyondThisMachineIsRefused() throws {
      var plan = ClusterPlan()
      plan.listen = "0.0.0.0:0"
      #expect(try refusal(78, plan).contains("must have a loopback host, but has \"0.0.0.0\""))
      try box.write(ClusterPlan())
      let option = try box.run(Programs.orchestrator, ["--listen", "[::]:0"])
      #expect(option.end == .status(69))
      #expect(option.errors.contains("only loopback addresses"))
    }

    @Test func symbolicLinkAsStateFileIsRefusedAndItsTargetUntouched() throws {
      try File.write("precious", to: box.path("target"))
      try FileManager.default.createSymbolicLink(
        atPath: box.path(ClusterPlan.stateFile), withDestinationPath: box.path("target"))
      let errors = try refusal(69, ClusterPlan(nodes: 0))
      #expect(errors.contains("it must be a regular file of your own"))
      #expect(File.text(box.path("target")) == "precious")
      try box.waitUntilEmpty()
    }

    @Test func symbolicLinkAsLockFileIsRefusedAndItsTargetUntouched() throws {
      try File.write("precious", to: box.path("target"))
      try FileManager.default.createSymbolicLink(
        atPath: box.path(ClusterPlan.stateFile) + ".lock",
        withDestinationPath: box.path("target"))
      _ = try refusal(69, ClusterPlan(nodes: 0))
      #expect(File.text(box.path("target")) == "precious")
    }

    @Test func stateFileIsPrivateTellsTheTruthAndGoesWithTheCluster() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 2))
      let path = box.path(ClusterPlan.stateFile)
      #expect(File.mode(path) == 0o600)
      try until("the workers' processes in the state file") {
        let written = try box.state().nodes.compactMap(\.pid)
        return try Set(written) == Set(cluster.nodes().compactMap { $0.pid.map(Int.init) })
      }
      let state = try box.state()
      #expect(state.pid == Int(cluster.program.pid))
      #expect(state.cluster == "system-test")
      #expect(state.nodes.map(\.type) == ["tiny", "tiny"])
      try cluster.shutDown()
      try box.waitUntilEmpty()
      #expect(!File.exists(path) && !File.exists(path + ".lock"))
    }

    @Test func secondOrchestratorOnOneStateFileIsRefused() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let errors = try refusal(69, ClusterPlan(nodes: 1))
      #expect(errors.contains("another orchestrator uses the state file"))
      #expect(errors.contains("--state-file"))
      #expect(try cluster.status().nodes["healthy"] == 1)
      #expect(try box.state().listen == cluster.address)
    }

    @Test func spawnAddsNodesWithinItsBounds() throws {
      let cluster = try box.orchestrator(ClusterPlan(nodes: 1, maxNodes: 3))
      let client = try Client(cluster.address)
      let unknown = try client.ask(#"SPAWN {"type":"dragon","count":1}"#)
      #expect(unknown.body["code"] == "unknown_type")
      #expect(unknown.body["message"]?.string?.contains("tiny") == true)
      #expect(try client.ask(#"SPAWN {"type":"tiny","count":3}"#).body["code"] == "too_many_nodes")
      #expect(try client.ask(#"SPAWN {"type":"tiny","count":0}"#).body["code"] == "out_of_range")
      let spawned = try client.ask(#"SPAWN #s {"type":"tiny","count":2}"#)
      #expect(spawned.body["nodes"] == ["worker-0002", "worker-0003"])
      try cluster.waitUntilHealthy(3)
    }

    @Test func workerStartedByHandJoins() throws {
      let cluster = try box.orchestrator(ClusterPlan(nodes: 0))
      let empty = try Client(cluster.address).answer(to: .infer("Hello"))
      #expect(empty.errorCode == "no_nodes")
      let guest = try box.start(
        Programs.worker, ["--model", Programs.model, "--join", cluster.address])
      try cluster.waitUntilHealthy(1)
      let answer = try Client(cluster.address).answer(to: .infer("Hello"))
      #expect(answer.node == "guest-0001")
      guest.signal(SIGKILL)
      try until("no node") { try cluster.nodes().isEmpty }
    }
  }
}
