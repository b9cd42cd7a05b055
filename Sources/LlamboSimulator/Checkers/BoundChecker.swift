import LlamboCluster

/// Every bound that the settings name. The settings are the checker's own copy.
struct BoundChecker: Sendable {
  let settings: ClusterSettings
  private struct Attempts {
    var sends = 0
    /// In a row that came to nothing.
    var failures = 0
    var hasGrown = false
    /// Processes that it has ended, as far as the cluster was told.
    var crashes = 0
    /// The cluster took it from its node, which did not fail.
    var wasMoved = false
  }

  private var attempts: [Attempts] = []

  init(settings: ClusterSettings) { self.settings = settings }

  mutating func submitted() { attempts.append(Attempts()) }
  mutating func moved(_ request: Int) { attempts[request].wasMoved = true }
  mutating func grew(_ request: Int) { attempts[request].hasGrown = true }

  /// The cluster has heard of one more process that a request has ended.
  mutating func crashed(_ request: Int) { attempts[request].crashes += 1 }

  mutating func sent(_ request: Int, _ violations: inout Violations) {
    var attempt = attempts[request]
    if attempt.sends > 0, !attempt.wasMoved {
      attempt.failures = attempt.hasGrown ? 1 : attempt.failures + 1
    }
    attempt.sends += 1
    attempt.hasGrown = false
    attempt.wasMoved = false
    attempts[request] = attempt
    if attempt.crashes >= settings.poisonCrashes {
      violations.add(
        .poisonBound, "request \(request + 1) is sent on after it ended \(attempt.crashes) nodes")
    }
    if attempt.failures > settings.maxRetries {
      violations.add(
        .retryBound,
        "request \(request + 1) is sent anew after \(attempt.failures) failures in a row, "
          + "with \(settings.maxRetries) retries")
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
