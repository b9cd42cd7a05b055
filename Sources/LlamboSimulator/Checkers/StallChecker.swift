import LlamboCluster

/// Health is progress: a node that holds work and yields nothing is given up in time, as long as
/// enough others of its type serve.
struct StallChecker: Sendable {
  let settings: ClusterSettings
  /// By link: when it last made progress or took up work, on the watched clock.
  private var progress: [Milliseconds] = []
  /// By link: looks at which it should have been given up already. Others that come and go within
  /// one look may be the reason that it was not; at the next one they are not.
  private var overdue: [Int] = []
  /// The time that the orchestrator has seen pass.
  private var watched: Milliseconds = 0
  private var lastLook: Milliseconds?

  init(settings: ClusterSettings) { self.settings = settings }

  mutating func opened() {
    progress.append(watched)
    overdue.append(0)
  }

  mutating func progressed(_ link: Int) { progress[link] = watched }

  mutating func looked(at clock: Milliseconds) {
    if let lastLook { watched += min(clock - lastLook, settings.longestTick) }
    lastLook = clock
  }

  /// After each look of the orchestrator.
  mutating func check(_ cluster: Cluster, _ violations: inout Violations) {
    for node in cluster.nodes where !node.running.isEmpty && node.state == .healthy {
      guard let link = node.link else { continue }
      let place = Int(link.number) - 1
      let idle = watched - progress[place]
      // The longest that a prompt of these scenarios and all of its answer may take to compute.
      let prefill = Milliseconds(node.running.count) * 1_400 * settings.prefillAllowance
      let allowed =
        settings.stallTimeout + settings.warmUpAllowance + prefill + 2 * settings.longestTick
      guard idle > allowed, mayGo(node, from: cluster) else {
        overdue[place] = 0
        continue
      }
      overdue[place] += 1
      guard overdue[place] > 1 else { continue }
      violations.add(
        .stallBound, "\(node.id) holds work for \(idle) ms without progress, \(allowed) allowed")
    }
  }

  private func mayGo(_ node: Node, from cluster: Cluster) -> Bool {
    var total = 0
    var healthy = 0
    for other in cluster.nodes where other.type == node.type && !other.isEnding {
      total += 1
      if other.state == .healthy, other.id != node.id { healthy += 1 }
    }
    return total - healthy <= max(1, Int(Double(total) * (1 - settings.panicShare)))
  }
}
