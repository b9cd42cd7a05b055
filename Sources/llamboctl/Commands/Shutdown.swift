import LlamboCommand
import LlamboIO
import LlamboJSON
import LlamboWire

extension Command {
  static let shutdown = Command(
    definition: CommandDefinition(
      "shutdown", "Let running answers finish, then stop every worker and the orchestrator.",
      options: [
        OptionDefinition(
          "--grace", nil, .integer("SECONDS", 0...86_400),
          "How long running answers may take.", default: "5")
      ],
      examples: [CommandExample("llamboctl shutdown", "Stop the cluster.")]),
    run: { (arguments) throws(ControlError) in
      let access = ClusterAccess(arguments)
      guard let address = try access.address() else {
        print("No cluster is running.")
        return .ok
      }
      guard let client = try? LineClient(to: address) else {
        print(
          "No orchestrator answers on \(address). Workers that it left end by themselves when "
            + "their lease is over.")
        return .ok
      }
      return try stop(client, grace: Int64(arguments.integer("--grace")) * 1000)
    })

  /// Milliseconds beyond the grace that processes have to end.
  private static let patience: Int64 = 30_000

  private static func stop(
    _ client: LineClient, grace: Int64
  ) throws(ControlError) -> Program.Status {
    let pid = try client.ask(.status)["pid"]?.integer
    _ = try client.ask(.shutdown, ["grace_ms": .integer(grace)])
    var progress = Progress()
    defer { progress.clear() }
    let stopped = try Waiting.until(within: grace + patience) {
      // The orchestrator closes this connection last of all, and then its process ends.
      if let status = try? client.ask(.status) {
        progress.show("Stopping workers: \(NodeCounts(status).total) left")
        return false
      }
      return pid.map { !ChildProcess.isRunning($0) } ?? true
    }
    progress.clear()
    guard stopped else { throw ControlError("the cluster does not stop", .unavailable) }
    print("The cluster has stopped.")
    return .ok
  }
}
