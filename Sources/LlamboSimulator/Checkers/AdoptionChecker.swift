import LlamboCluster
import LlamboWire

/// An orchestrator that returns takes its workers back: no node is launched anew whose process is
/// alive and well, and was in the state that the orchestrator before had written.
struct AdoptionChecker: Sendable {
  /// By name: the process that is to be adopted.
  private var heirs: [String: Int] = [:]

  /// - Parameter workers: all processes, by their numbers.
  mutating func orchestratorStarted(with state: ClusterState, _ workers: [Worker]) {
    heirs.removeAll()
    for node in state.nodes where node.epoch > 0 {
      guard let pid = node.pid else { continue }
      let place = pid - Worker.firstPID
      // A process that a fault has hit since is excused, and so is one on its way out.
      if workers[place].epoch == node.epoch { heirs[node.id] = place }
    }
  }

  /// What may be the reason that a process is not adopted.
  mutating func excuse(_ node: String?) { if let node { heirs[node] = nil } }
  mutating func excuseAll() { heirs.removeAll() }

  mutating func launched(_ node: String, _ workers: [Worker], _ violations: inout Violations) {
    guard let heir = heirs.removeValue(forKey: node) else { return }
    if workers[heir].isAlive, !workers[heir].isDraining {
      violations.add(
        .adoption, "\(node) is launched anew, and process \(heir + Worker.firstPID) is alive")
    }
  }
}
