import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Command {
  static let initialize = Command(
    definition: CommandDefinition(
      "init", "Start the configured cluster in the background and wait until it is healthy.",
      options: [
        OptionDefinition(
          "--timeout", "-t", .integer("SECONDS", 1...86_400),
          "How long to wait for the workers.", default: "120")
      ],
      examples: [CommandExample("llamboctl init", "Start what cluster-config.yaml describes.")]),
    run: { (arguments) throws(ControlError) in
      let timeout = Int64(arguments.integer("--timeout")) * 1000
      print(try ClusterStart(ClusterAccess(arguments), timeout: timeout).run())
      return .ok
    })
}

/// Starts an orchestrator, unless one runs already.
struct ClusterStart {
  /// Milliseconds that an orchestrator may take until it answers.
  private static let patience: Int64 = 20_000

  private let access: ClusterAccess
  private let config: ClusterConfig
  private let timeout: Int64

  /// - Parameter timeout: milliseconds that the workers may take to come up.
  init(_ access: ClusterAccess, timeout: Int64) throws(ControlError) {
    self.access = access
    config = try access.config()
    self.timeout = timeout
  }

  /// - Returns: what there is now, in a sentence.
  func run() throws(ControlError) -> String {
    if let client = runningOrchestrator() {
      let counts = try Waiting.untilHealthy(client, within: timeout)
      return report(counts, "was running already")
    }
    // Before anything is started, and so that it is told in the same words as by config --validate.
    try access.checkModels(of: config)
    let log = config.logPath
    let pid = try start(log: log)
    var hasEnded = false
    do throws(ControlError) {
      let client = try waitForAnswer(orEnd: &hasEnded)
      return report(try Waiting.untilHealthy(client, within: timeout), "is ready")
    } catch {
      // A cluster that does not come up leaves nothing behind.
      if !hasEnded {
        kill(pid_t(pid), SIGTERM)
        _ = try Waiting.until(within: 15_000) { ChildProcess.reap() != nil }
      }
      throw ControlError("\(error.message)\n\(tail(of: log))", error.status)
    }
  }

  private func runningOrchestrator() -> LineClient? {
    guard let address = try? access.address(), let client = try? LineClient(to: address),
      (try? client.ask(.ping)) != nil
    else { return nil }
    return client
  }

  private func start(log: String) throws(ControlError) -> Int {
    do throws(SystemError) {
      let output = try PrivateFile(log).openForAppending()
      return try ChildProcess.start(
        try ChildProcess.sibling("llambo-orchestrator"), ["--config", access.configPath],
        output: output.number, session: true)
    } catch {
      throw access.unusable(PrivateFile(log), error)
    }
  }

  private func waitForAnswer(orEnd hasEnded: inout Bool) throws(ControlError) -> LineClient {
    var client: LineClient?
    let answered = try Waiting.until(within: Self.patience) { () throws(ControlError) in
      if let ended = ChildProcess.reap() {
        hasEnded = true
        throw ControlError(
          "the orchestrator did not start: \(ended.reason)",
          ended.status.flatMap { Program.Status(rawValue: $0) } ?? .unavailable)
      }
      client = runningOrchestrator()
      return client != nil
    }
    guard answered, let client else {
      throw ControlError("the orchestrator does not answer", .unavailable)
    }
    return client
  }

  private func report(_ counts: NodeCounts, _ how: String) -> String {
    let nodes = counts.total == 1 ? "1 node" : "\(counts.total) nodes"
    let address = (try? access.address())?.description ?? "?"
    return "Cluster \(config.id) \(how): \(nodes) behind \(address)."
  }

  /// The last lines of the log, which say why.
  private func tail(of path: String) -> String {
    guard let bytes = try? PrivateFile(path).read() else { return "" }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(10)
    return "The log, \(path), ends with:\n" + lines.map { "  \($0)" }.joined(separator: "\n")
  }
}
