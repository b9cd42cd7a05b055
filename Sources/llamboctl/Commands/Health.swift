import LlamboCommand
import LlamboJSON
import LlamboWire

extension Command {
  static let health = Command(
    definition: CommandDefinition(
      "health", "Say what is healthy; the exit status is 0 only if everything is.",
      options: [.json],
      examples: [CommandExample("llamboctl health && echo fine", "For scripts.")]),
    run: { (arguments) throws(ControlError) in
      let checks: [HealthCheck]
      do throws(ControlError) {
        checks = healthChecks(try ClusterAccess(arguments).connect().ask(.status))
      } catch {
        guard error.status == .unavailable else { throw error }
        checks = [
          HealthCheck(isHealthy: false, subject: "Orchestrator", finding: "UNREACHABLE")
        ]
        Program.log("llamboctl: \(error.message)")
      }
      let isHealthy = checks.allSatisfy(\.isHealthy)
      if arguments.flag("--json") {
        print(
          JSON.object([
            .init("healthy", .bool(isHealthy)), .init("checks", .array(checks.map(\.body))),
          ]))
      } else {
        for check in checks { print(check.line) }
      }
      return isHealthy ? .ok : .failure
    })
}

/// One line of the report.
private struct HealthCheck {
  let isHealthy: Bool
  let subject: String
  let finding: String

  var line: String {
    let label = "\(subject):".padded(to: 17)
    return isHealthy
      ? Terminal.styled("✓", .green) + " \(label)\(finding)"
      : Terminal.styled("⚠", .yellow) + " \(label)\(finding)"
  }

  var body: JSON {
    ["subject": .string(subject), "healthy": .bool(isHealthy), "finding": .string(finding)]
  }
}

private func healthChecks(_ status: JSON) -> [HealthCheck] {
  let counts = NodeCounts(status)
  let waiting = status["queue"]?["waiting"]?.integer ?? 0
  let limit = status["queue"]?["limit"]?.integer ?? 0
  let draining = status["draining"]?.bool == true
  var checks = [
    HealthCheck(
      isHealthy: !draining, subject: "Orchestrator", finding: draining ? "DRAINING" : "HEALTHY")
  ]
  let balancer =
    counts.healthy == 0 ? "NO HEALTHY NODE" : waiting >= limit ? "QUEUE FULL" : "HEALTHY"
  checks.append(
    HealthCheck(
      isHealthy: balancer == "HEALTHY", subject: "Load Balancer", finding: balancer))
  // A node that leaves as it was told to is no trouble.
  let staying = counts.total - counts.leaving
  if counts.healthy > 0 {
    let leaving = counts.leaving > 0 ? ", \(counts.leaving) leaving" : ""
    checks.append(
      HealthCheck(
        isHealthy: true, subject: "Node Health",
        finding: "\(counts.healthy)/\(staying) HEALTHY\(leaving)"))
  }
  let degraded = staying - counts.healthy
  if degraded > 0 {
    checks.append(
      HealthCheck(
        isHealthy: false, subject: "Node Health", finding: "\(degraded)/\(staying) DEGRADED"))
  }
  return checks
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
