import LlamboCluster
import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboJSON
import LlamboWire

/// The configuration, read anew from where it was read at the start.
extension Orchestrator {
  /// - Returns: what changed.
  /// - Throws: `invalid_configuration` with every mistake in the file; what ran before goes on.
  func reload() throws(WireError) -> JSON {
    if cluster.isShuttingDown { throw WireError(.draining, "the cluster is shutting down") }
    let new: ClusterConfig
    let rolled: Set<String>
    do throws(ConfigError) {
      new = try ClusterConfig.load(config.file)
      rolled = try launcher.use(new)
    } catch {
      throw WireError(
        .invalidConfiguration,
        "\(error.description)\nthe configuration before this one stays in force")
    }
    // An operator may have chosen another strategy since the file was read.
    var current = config
    current.loadBalancer.strategy = cluster.strategyName ?? config.loadBalancer.strategy
    let changes = current.changes(to: new)
    let before = Set(config.nodeTypes.map(\.name))
    let after = new.nodeTypes.map(\.name)
    var directives: [Directive] = []
    let resizing = cluster.apply(
      ClusterSettings(new), rolling: rolled, at: EventLoop.clock(), into: &directives)
    perform(&directives)
    takeOn(new)
    func list(_ names: some Sequence<String>) -> JSON { .array(names.map { .string($0) }) }
    let answer = JSON.object(
      [
        .init("file", .string(config.file)),
        .init("changed", .array(changes.filter { !$0.needsRestart }.map(\.body))),
        .init("needs_restart", .array(changes.filter(\.needsRestart).map(\.body))),
        .init("types_added", list(after.filter { !before.contains($0) })),
        .init("types_removed", list(before.subtracting(after).sorted())),
        .init("types_rolled", list(rolled.sorted())),
      ] + resizing.members)
    Program.log("llambo-orchestrator: the configuration was read anew: \(answer)")
    return answer
  }

  /// On SIGHUP: what `RELOAD` would answer goes to the log.
  func reloadOnSignal() {
    do throws(WireError) {
      _ = try reload()
    } catch {
      Program.log("llambo-orchestrator: the configuration is not read anew: \(error.message)")
    }
  }

  /// Keeps what needs a restart as it is, so that it is told again with the next reload.
  private func takeOn(_ new: ClusterConfig) {
    var new = new
    new.id = config.id
    new.stateFile = config.stateFile
    new.orchestrator.listen = config.orchestrator.listen
    new.orchestrator.metricsListen = config.orchestrator.metricsListen
    new.orchestrator.logFile = config.orchestrator.logFile
    config = new
  }
}

extension ConfigChange {
  fileprivate var body: JSON {
    [
      "key": .string(key), "from": old.map { .string($0) } ?? .null,
      "to": new.map { .string($0) } ?? .null,
    ]
  }
}
