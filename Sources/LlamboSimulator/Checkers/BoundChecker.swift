import LlamboCluster

/// Every bound that the settings name. The settings are the checker's own copy.
struct BoundChecker: Sendable {
  private struct Attempts {
    var sends = 0
    /// It was asked, and has not ended.
    var isOpen = false
    /// In a row that came to nothing.
    var failures = 0
    var hasGrown = false
    /// Its client has a token; attempts that are lost with their nodes are then repeated for free.
    var hasBegun = false
    /// Processes that it has ended, as far as the cluster was told.
    var crashes = 0
    /// The cluster took it from its node, which did not fail.
    var wasMoved = false
  }

  let settings: ClusterSettings
  private var attempts: [Attempts] = []
  /// Requests that wait for their first node.
  private var fresh = 0
  /// Since the orchestrator's start: requests, and attempts after vain ones.
  private var submissions = 0
  private var repetitions = 0
  private var started: Milliseconds = 0

  init(settings: ClusterSettings) { self.settings = settings }

  mutating func orchestratorStarted(at clock: Milliseconds) {
    for request in attempts.indices { ended(request) }
    submissions = 0
    repetitions = 0
    started = clock
  }

  mutating func added() { attempts.append(Attempts()) }

  mutating func asked(_ request: Int) {
    attempts[request].isOpen = true
    fresh += 1
    submissions += 1
  }

  mutating func moved(_ request: Int) { attempts[request].wasMoved = true }
  mutating func grew(_ request: Int) {
    attempts[request].hasGrown = true
    attempts[request].hasBegun = true
  }

  /// The cluster has heard of one more process that a request has ended.
  mutating func crashed(_ request: Int) { attempts[request].crashes += 1 }

  mutating func ended(_ request: Int) {
    if attempts[request].isOpen, attempts[request].sends == 0 { fresh -= 1 }
    attempts[request].isOpen = false
  }

  mutating func sent(_ request: Int, at clock: Milliseconds, _ violations: inout Violations) {
    var attempt = attempts[request]
    if attempt.sends == 0 {
      fresh -= 1
    } else if !attempt.wasMoved {
      if !attempt.hasGrown, !attempt.hasBegun { repeated(at: clock, &violations) }
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
    let free = attempt.hasBegun && settings.maxRetries > 0 ? settings.lossesLimit : 0
    if attempt.failures > settings.maxRetries + free {
      violations.add(
        .retryBound,
        "request \(request + 1) is sent anew after \(attempt.failures) failures in a row, "
          + "with \(settings.maxRetries) retries")
    }
  }

  /// An attempt that brought its client no further is repeated, which the budget must allow: ten
  /// seconds of it at the start, and then what time and requests add.
  private mutating func repeated(at clock: Milliseconds, _ violations: inout Violations) {
    repetitions += 1
    let seconds = 10 + Double(clock - started) / 1000
    let budget =
      Double(settings.retriesPerSecond) * seconds + settings.retryShare * Double(submissions)
    if Double(repetitions) > budget {
      violations.add(
        .retryBudget, "\(repetitions) vain attempts are repeated, and \(Int(budget)) may be")
    }
  }

  mutating func check(
    _ cluster: Cluster, at clock: Milliseconds, _ violations: inout Violations
  ) {
    if cluster.nodes.count > settings.maxNodes {
      violations.add(.nodeBound, "\(cluster.nodes.count) nodes of at most \(settings.maxNodes)")
    }
    // Who comes back from a lost node waits beside the limit: it was accepted before.
    if fresh > settings.queueLimit {
      violations.add(
        .queueBound, "\(fresh) wait for their first node, of at most \(settings.queueLimit)")
    }
    let longestWait = max(settings.backoffMost, settings.holdMost)
    var starting = 0
    for node in cluster.nodes {
      switch node.state {
      case .starting: starting += node.isManaged ? 1 : 0
      case .waiting(let until) where until - clock > longestWait:
        violations.add(.backoffBound, "\(node.id) waits \(until - clock) ms for its next life")
      default: break
      }
    }
    if starting > settings.launchesAtOnce {
      violations.add(.launchBound, "\(starting) start at once of \(settings.launchesAtOnce)")
    }
  }
}
