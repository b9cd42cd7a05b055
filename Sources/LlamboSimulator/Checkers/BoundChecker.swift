import LlamboCluster

/// Every bound that the settings name. The settings are the checker's own copy.
struct BoundChecker: Sendable {
  let settings: ClusterSettings
  /// Times that each request was sent.
  private var sends: [Int] = []

  init(settings: ClusterSettings) { self.settings = settings }

  mutating func submitted() { sends.append(0) }

  mutating func sent(_ request: Int, _ violations: inout Violations) {
    sends[request] += 1
    if sends[request] > settings.maxRetries + 1 {
      violations.add(
        .retryBound,
        "request \(request + 1) is sent \(sends[request]) times with \(settings.maxRetries) retries"
      )
    }
  }

  func check(_ cluster: Cluster, at clock: Milliseconds, _ violations: inout Violations) {
    if cluster.nodes.count > settings.maxNodes {
      violations.add(.nodeBound, "\(cluster.nodes.count) nodes of at most \(settings.maxNodes)")
    }
    // Who comes back from a lost node waits beside the limit: it was accepted before.
    if cluster.queued > settings.queueLimit + Int(cluster.counters.retried) {
      violations.add(.queueBound, "\(cluster.queued) wait of at most \(settings.queueLimit)")
    }
    var starting = 0
    for node in cluster.nodes {
      switch node.state {
      case .starting: starting += node.isManaged ? 1 : 0
      case .waiting(let until) where until - clock > settings.backoffMost:
        violations.add(.backoffBound, "\(node.id) waits \(until - clock) ms for its next life")
      default: break
      }
    }
    if starting > settings.launchesAtOnce {
      violations.add(.launchBound, "\(starting) start at once of \(settings.launchesAtOnce)")
    }
  }
}
