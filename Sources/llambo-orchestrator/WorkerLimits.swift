import CSystem
import LlamboCommand
import LlamboConfig
import LlamboIO

/// Holds workers to the `cpu` and `memory` of their node type, in the best way that the system
/// allows.
final class WorkerLimits {
  /// Told by `STATUS`.
  enum Kind: String {
    case cgroupV2 = "cgroup-v2"
    case cgroupV1 = "cgroup-v1"
    /// A bound on memory that is written, and a niceness in proportion to the cores.
    case rlimit
    /// No node type names a limit.
    case none
  }

  let kind: Kind
  private let group: ControlGroup?

  init(_ config: ClusterConfig) {
    let resources = config.nodeTypes.map(\.resources)
    var controllers: [ControlGroup.Controller] = []
    if resources.contains(where: { $0.cpu != nil }) { controllers.append(.cpu) }
    if resources.contains(where: { $0.memory != nil }) { controllers.append(.memory) }
    group = ControlGroup(named: "llambo-\(config.id)", for: controllers)
    kind =
      switch group?.version {
      case .two: .cgroupV2
      case .one: .cgroupV1
      case nil: controllers.isEmpty ? .none : .rlimit
      }
    group?.sweep()
  }

  /// Limits a worker that has just started, before it has loaded its model. Where that fails, it
  /// serves without a limit and the log says so.
  func apply(_ resources: ClusterConfig.Resources, to pid: Int, of node: String, epoch: UInt64) {
    guard resources.cpu != nil || resources.memory != nil else { return }
    guard let group else {
      // A share of a core becomes a niceness: each step is a fifth less of the processor (sched(7)).
      var niceness = 0
      var share = resources.cpu ?? 1
      while share < 0.9, niceness < 19 {
        share *= 1.25
        niceness += 1
      }
      if csystem_limit(Int32(pid), Int64(resources.memory ?? 0), Int32(niceness)) != 0 {
        let error = SystemError("limit process \(pid)")
        Program.log("llambo-orchestrator: \(node) runs without its limits: \(error)")
      }
      return
    }
    do throws(SystemError) {
      try group.add(pid, as: "\(node)-\(epoch)", cpu: resources.cpu, memory: resources.memory)
    } catch {
      Program.log("llambo-orchestrator: \(node) runs without its limits: \(error)")
    }
  }

  /// To be called when a worker has ended.
  func sweep() { group?.sweep() }

  /// To be called when all have.
  func remove() { group?.remove() }
}
