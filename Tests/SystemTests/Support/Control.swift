/// `llamboctl` as a person uses it, in the sandbox's folder.
extension Sandbox {
  struct ControlResult {
    let end: RunningProgram.End
    let output: String
    let errors: String

    var succeeded: Bool { end == .status(0) }
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  func llamboctl(
    _ arguments: String..., input: String = "", environment: [String: String] = [:]
  ) throws -> ControlResult {
    let result = try run(
      Programs.llamboctl, arguments, input: input, environment: environment)
    return ControlResult(end: result.end, output: result.output, errors: result.errors)
  }

  /// Runs a line of a person's shell in which `$llamboctl` is the program.
  func shell(_ line: String) throws -> ControlResult {
    let result = try run(
      "sh", ["-c", line], environment: ["llamboctl": Programs.llamboctl])
    return ControlResult(end: result.end, output: result.output, errors: result.errors)
  }

  func write(_ plan: ClusterPlan) throws {
    try File.write(plan.yaml, to: path("cluster-config.yaml"))
  }

  /// A folder with the programs in which `llambo-worker` is a script, for `llamboctl` to start.
  ///
  /// - Returns: the path of `llamboctl` there.
  func programs(workerScript: String) throws -> String {
    let folder = path("programs")
    let copied = try run(
      "sh",
      ["-c", "mkdir \(folder) && cp \(Programs.orchestrator) \(Programs.llamboctl) \(folder)"])
    guard copied.end == .status(0) else { throw NeverHappened(description: copied.errors) }
    try File.writeProgram("#!/bin/sh\n\(workerScript)\n", to: folder + "/llambo-worker")
    return folder + "/llamboctl"
  }
}
