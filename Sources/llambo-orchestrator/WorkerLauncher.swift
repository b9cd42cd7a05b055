import LlamboCluster
import LlamboConfig
import LlamboIO

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Starts workers somewhere. What becomes of a launch is reported through `report`: `launched` and
/// later `processEnded`, or `launchFailed`. The worker itself dials in with its `HELLO`.
protocol WorkerLauncher: AnyObject {
  var report: (Event) -> Void { get set }
  /// What holds workers to the resources of their type, for `STATUS`.
  var limitsKind: WorkerLimits.Kind { get }
  func launch(node: String, type: String, epoch: UInt64)
  /// Ends a node's process, also one that an earlier orchestrator started.
  func kill(node: String, pid: Int)
  /// Starts workers by another configuration from now on.
  ///
  /// - Returns: the node types that both have and that are started another way now.
  /// - Throws: where a type's model is not there; then the configuration before holds.
  func use(_ config: ClusterConfig) throws(ConfigError) -> Set<String>
}

/// Starts workers as children of this process.
final class LocalLauncher: WorkerLauncher {
  var report: (Event) -> Void = { _ in }

  private let program: String
  /// Where the workers are to dial.
  var orchestrator: Address
  private var lease: Int
  /// Where workers leave what they computed for each other.
  private let handover: PrivateFolder
  private var types: [String: Recipe]

  /// How a type's workers are started.
  private struct Recipe: Equatable {
    var resources: ClusterConfig.Resources
    /// The model's file.
    var model: String
    /// Other weights may come to lie there.
    var version: FileVersion?
  }
  private let limits: WorkerLimits
  var limitsKind: WorkerLimits.Kind { limits.kind }
  private var children: [Int: (node: String, epoch: UInt64)] = [:]

  /// - Parameter program: the path of `llambo-worker`.
  /// - Throws: where a type that has nodes, or could, names a model that is not there.
  init(
    program: String, config: ClusterConfig, orchestrator: Address, handover: PrivateFolder
  ) throws(ConfigError) {
    self.program = program
    self.handover = handover
    self.orchestrator = orchestrator
    lease = config.orchestrator.lease
    limits = WorkerLimits(config)
    types = try Self.recipes(of: config)
  }

  private static func recipes(of config: ClusterConfig) throws(ConfigError) -> [String: Recipe] {
    var types: [String: Recipe] = [:]
    for type in config.nodeTypes {
      let model = try config.modelPath(of: type)
      types[type.name] = Recipe(
        resources: type.resources, model: model, version: FileVersion(of: model))
    }
    return types
  }

  func use(_ config: ClusterConfig) throws(ConfigError) -> Set<String> {
    let old = types
    types = try Self.recipes(of: config)
    lease = config.orchestrator.lease
    return Set(types.filter { name, recipe in old[name].map { $0 != recipe } ?? false }.keys)
  }

  func launch(node: String, type: String, epoch: UInt64) {
    guard let recipe = types[type] else {
      return report(.launchFailed(node: node, epoch: epoch, reason: "no node type \(type)"))
    }
    let resources = recipe.resources
    do throws(SystemError) {
      let pid = try ChildProcess.start(
        program,
        [
          "--model", recipe.model, "--join", orchestrator.description, "--node", node,
          "--epoch", String(epoch), "--type", type, "--slots", String(resources.slots),
          "--context-size", String(resources.contextSize), "--threads", String(resources.threads),
          "--lease", String(lease), "--handover", handover.path,
        ],
        output: STDERR_FILENO, session: true)
      limits.apply(resources, to: pid, of: node, epoch: epoch)
      children[pid] = (node, epoch)
      report(.launched(node: node, epoch: epoch, pid: pid))
    } catch {
      report(.launchFailed(node: node, epoch: epoch, reason: error.description))
    }
  }

  func kill(node: String, pid: Int) {
    // Only what this launcher started, or what names itself as that node's worker: another number
    // may be anybody's by now.
    if children[pid] != nil || isWorker(pid, of: node) { ChildProcess.kill(pid) }
  }

  private func isWorker(_ pid: Int, of node: String) -> Bool {
    let arguments = ChildProcess.arguments(of: pid)
    guard let place = arguments.firstIndex(of: "--node"), place + 1 < arguments.count,
      let join = arguments.firstIndex(of: "--join"), join + 1 < arguments.count
    else { return false }
    return arguments[place + 1] == node && arguments[join + 1] == orchestrator.description
  }

  /// To be called on SIGCHLD.
  func reap() {
    while let ended = ChildProcess.reap() {
      guard let child = children.removeValue(forKey: ended.pid) else { continue }
      report(
        .processEnded(
          node: child.node, epoch: child.epoch, reason: ended.reason, wasKilled: ended.wasKilled))
    }
    limits.sweep()
  }

  /// To be called when all workers have ended.
  func end() { limits.remove() }
}
