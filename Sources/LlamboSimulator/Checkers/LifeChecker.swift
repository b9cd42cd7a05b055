import LlamboCluster
import LlamboWire

/// Lives of nodes: epochs grow, links are used while they are open, and nothing is sent to a
/// process that is not its node's newest.
struct LifeChecker: Sendable {
  private enum LinkState {
    case open
    /// The other end is gone, and the cluster was told.
    case ended
    case closed
  }

  private struct LinkRecord {
    var state = LinkState.open
    let node: String?
    let epoch: UInt64
  }

  private var links: [LinkRecord] = []
  private var processes = 0
  private var lastEpoch: UInt64 = 0
  private var epochs: [String: UInt64] = [:]

  mutating func started(_ pid: Int) { processes = max(processes, pid - Worker.firstPID + 1) }

  mutating func opened(node: String?, epoch: UInt64) {
    links.append(LinkRecord(node: node, epoch: epoch))
  }

  mutating func orchestratorDied() {
    for place in links.indices { links[place].state = .closed }
  }

  /// The next orchestrator knows of the lives that were written down, and of no others.
  mutating func orchestratorStarted(with state: ClusterState) {
    for node in state.nodes { epochs[node.id] = node.epoch }
  }

  mutating func ended(_ link: Int) {
    if links[link].state == .open { links[link].state = .ended }
  }

  mutating func launched(_ node: String, epoch: UInt64, _ violations: inout Violations) {
    if epoch <= lastEpoch {
      violations.add(.epochsGrow, "epoch \(epoch) of \(node) is no higher than \(lastEpoch)")
    }
    lastEpoch = epoch
    epochs[node] = epoch
  }

  func killed(_ pid: Int, _ violations: inout Violations) {
    if pid < Worker.firstPID || pid >= Worker.firstPID + processes {
      violations.add(.knownProcesses, "a kill of process \(pid), which was never started")
    }
  }

  func used(_ link: Int, for purpose: StaticString, _ violations: inout Violations) {
    if links[link].state != .open {
      violations.add(.openLinks, "\(purpose) on link \(link + 1), which is closed")
    }
  }

  func worked(_ link: Int, _ violations: inout Violations) {
    used(link, for: "a request", &violations)
    let record = links[link]
    if let node = record.node, record.epoch > 0, let newest = epochs[node], newest > record.epoch {
      violations.add(
        .noWorkOnDeadEpoch, "\(node) is sent work at epoch \(record.epoch), and lives at \(newest)")
    }
  }

  mutating func close(_ link: Int, _ violations: inout Violations) {
    if links[link].state == .closed {
      violations.add(.openLinks, "link \(link + 1) is closed twice")
    }
    links[link].state = .closed
  }
}
