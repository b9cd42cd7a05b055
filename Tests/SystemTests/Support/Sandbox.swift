import Foundation
import LlamboJSON
import LlamboWire

/// A temporary folder and the processes that a test started, and those that they started. All of
/// it goes with the sandbox, however the test ends.
final class Sandbox {
  let folder: String
  /// A variable in the environment of every process of this test, by which they are found.
  private let tag: String
  private var started: [RunningProgram] = []

  init() throws {
    tag = "LLAMBO_SYSTEM_TEST=\(UUID().uuidString)"
    var template = Array("/tmp/llambo-system-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw NeverHappened(description: "a temporary folder")
    }
    folder = String(decoding: template.dropLast().map { UInt8($0) }, as: UTF8.self)
  }

  deinit {
    try? until("the end of all processes of a test") {
      for pid in processes { kill(pid, SIGKILL) }
      for program in started { _ = program.hasEnded }
      return processes.isEmpty
    }
    try? FileManager.default.removeItem(atPath: folder)
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// The processes of this test that live.
  var processes: [pid_t] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { pid_t($0) }.filter { pid in
      guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else {
        return false
      }
      return bytes.range(of: Data(tag.utf8)) != nil
    }
  }

  /// Waits until no process of this test is left.
  func waitUntilEmpty(within seconds: Double = 30) throws {
    try until("no process left of \(processes)", within: seconds) {
      for program in started { _ = program.hasEnded }
      return processes.isEmpty
    }
  }

  // MARK: Programs

  /// Starts a program in the sandbox's folder.
  func start(
    _ path: String, _ arguments: [String] = [], input: String = "",
    environment: [String: String] = [:]
  ) throws -> RunningProgram {
    let files = "\(folder)/program-\(started.count)"
    if !input.isEmpty { try File.write(input, to: files + ".in") }
    let program = try RunningProgram(
      path, arguments, environment: variables(environment),
      input: input.isEmpty ? "/dev/null" : files + ".in", files: files, folder: folder)
    started.append(program)
    return program
  }

  /// The environment of a program: this process's, without what would change what is tested, and
  /// with `additions`.
  func variables(_ additions: [String: String]) -> [String] {
    var variables = ProcessInfo.processInfo.environment
    let ours = [
      "CLUSTER_CONFIG", "LLAMBO_ROOT", "LLAMBO_CLUSTER_ID", "LLAMBO_ORCHESTRATOR",
      "LLAMBO_HISTORY", "NO_COLOR",
    ]
    for name in ours { variables[name] = nil }
    variables.merge(additions) { $1 }
    return variables.map { "\($0)=\($1)" } + [tag]
  }

  /// Runs a program to its end.
  func run(
    _ path: String, _ arguments: [String] = [], input: String = "",
    environment: [String: String] = [:]
  ) throws -> (end: RunningProgram.End, output: String, errors: String) {
    let program = try start(path, arguments, input: input, environment: environment)
    let end = try program.waitForEnd(within: 60)
    return (end, program.output, program.errors)
  }

  /// Starts a worker and waits until it listens.
  func worker(
    _ model: String = Programs.model, slots: Int = 4, contextSize: Int = 512
  ) throws -> WorkerProgram {
    let program = try start(
      Programs.worker,
      [
        "--model", model, "--listen", "127.0.0.1:0", "--slots", "\(slots)", "--context-size",
        "\(contextSize)",
      ])
    let line = try program.waitForLine(" on 127.0.0.1:")
    return WorkerProgram(program: program, address: String(line.split(separator: " ").last ?? ""))
  }

  /// A model whose answers fill the whole context, for requests that must be under way.
  func tirelessModel() throws -> String {
    let model = path("tireless.gguf")
    if !File.exists(model) { try TirelessModel.write(to: model) }
    return model
  }

  /// Starts a worker of the tireless model.
  func tirelessWorker(
    slots: Int = 4, contextSize: Int = TirelessModel.contextSize
  ) throws -> WorkerProgram {
    try worker(try tirelessModel(), slots: slots, contextSize: contextSize)
  }

  // MARK: Clusters

  /// Starts an orchestrator and waits until it listens; `arguments` come after the configuration.
  ///
  /// - Parameter wrapper: a command that becomes the one behind it.
  func orchestrator(
    _ plan: ClusterPlan, _ arguments: [String] = [], through wrapper: [String] = []
  ) throws -> ClusterProgram {
    try File.write(plan.yaml, to: path("cluster-config.yaml"))
    let command =
      wrapper + [Programs.orchestrator, "--config", path("cluster-config.yaml")] + arguments
    let program = try start(command[0], Array(command.dropFirst()))
    let line = try program.waitForLine(" state in ")
    // "llambo-orchestrator: cluster system-test on 127.0.0.1:9000, state in …"
    let address = line.split(separator: ",")[0].split(separator: " ").last ?? ""
    return ClusterProgram(program: program, address: String(address))
  }

  /// Starts an orchestrator and waits until all its nodes are healthy.
  func cluster(_ plan: ClusterPlan) throws -> ClusterProgram {
    let cluster = try orchestrator(plan)
    try cluster.waitUntilHealthy(plan.nodes)
    return cluster
  }

  /// Starts a cluster of the tireless model; `change` adjusts the rest.
  func tirelessCluster(
    nodes: Int = 3, slots: Int = 4, _ change: (inout ClusterPlan) -> Void = { _ in }
  ) throws -> ClusterProgram {
    var plan = ClusterPlan(
      nodes: nodes, slots: slots, contextSize: TirelessModel.contextSize,
      model: try tirelessModel())
    change(&plan)
    return try cluster(plan)
  }

  /// What the state file says.
  func state() throws -> ClusterState {
    try ClusterState(
      body: try JSON.parse(Array(File.text(path(ClusterPlan.stateFile)).utf8).span))
  }
}
