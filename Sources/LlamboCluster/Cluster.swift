import LlamboWire

/// The cluster as a value: it is told what happened and when, and answers with what to do.
///
/// It performs no I/O, reads no clock and draws from no randomness but its own seed, so the same
/// events at the same times give the same directives.
package struct Cluster: Sendable {
  package let settings: ClusterSettings
  package internal(set) var nodes: [Node] = []
  package internal(set) var counters = Counters()

  var placeByID: [String: Int] = [:]
  var placeByLink: [LinkID: Int] = [:]
  var requests: [RequestID: Request] = [:]
  /// Requests without a slot, the next one first.
  var queue = RequestQueue()
  /// Accepted requests, the first to time out first. All have one timeout, so this is their order.
  var deadlines = RequestQueue()
  var picker = NodePicker()
  var random: SplitMix64
  package internal(set) var isShuttingDown = false
  private var hasStopped = false
  /// Numbers given to nodes so far.
  var named = 0
  /// Higher than any epoch that an earlier orchestrator gave out.
  var lastEpoch: UInt64

  /// Sums since the start.
  package struct Counters: Equatable, Sendable {
    package var accepted: UInt64 = 0
    package var finished: UInt64 = 0
    package var failed: UInt64 = 0
    package var cancelled: UInt64 = 0
    package var retried: UInt64 = 0
    package var tokens: UInt64 = 0
    package var nodesLost: UInt64 = 0
  }

  /// - Parameters:
  ///   - epoch: higher than any that an earlier orchestrator of this cluster gave out.
  ///   - seed: of the random strategy and of jitter.
  package init(settings: ClusterSettings, epoch: UInt64, seed: UInt64) {
    self.settings = settings
    lastEpoch = epoch
    random = SplitMix64(seed: seed)
  }

  /// Requests that wait for a slot.
  package var queued: Int { queue.count }
  package var running: Int { nodes.reduce(0) { $0 + $1.running.count } }

  /// Takes in one event; what is to be done is appended to `directives`.
  package mutating func handle(
    _ event: Event, at now: Milliseconds, into directives: inout [Directive]
  ) {
    switch event {
    case .started:
      for type in settings.types { add(type.count, of: type.name, at: now) }
      launchDue(at: now, &directives)
    case .launched(let node, let epoch, let pid):
      launched(node, epoch: epoch, pid: pid, &directives)
    case .launchFailed(let node, let epoch, let reason),
      .processEnded(let node, let epoch, let reason):
      processEnded(node, epoch: epoch, reason: reason, at: now, &directives)
    case .hello(let link, let hello):
      join(link, hello, at: now, &directives)
    case .linkClosed(let link):
      linkClosed(link, at: now, &directives)
    case .heard(let link):
      heard(on: link, at: now)
    case .submitted(let request):
      submit(request, at: now, &directives)
    case .finished(let request, let link):
      finish(request, on: link, &directives)
    case .failed(let request, let link, let error):
      fail(request, on: link, error, &directives)
    case .cancelled(let request):
      cancel(request, &directives)
    case .tick:
      expireRequests(at: now, &directives)
      watchNodes(at: now, &directives)
      launchDue(at: now, &directives)
    case .shutdown(let grace):
      beginShutdown(grace: grace, at: now, &directives)
    }
    if isShuttingDown, !hasStopped, nodes.isEmpty, requests.isEmpty {
      hasStopped = true
      directives.append(.stopped)
    }
  }

  /// Counts a token that a worker sent for a request.
  ///
  /// - Returns: whether it is the client's: false for a request that is over, or that another link
  ///   serves by now.
  package mutating func countToken(of id: RequestID, from link: LinkID) -> Bool {
    guard case .running(link)? = requests[id]?.state, let place = placeByLink[link] else {
      return false
    }
    requests[id]!.tokens += 1
    nodes[place].tokensServed += 1
    counters.tokens += 1
    return true
  }

  /// Whether that link is where a request's client is served from.
  package func isServed(_ id: RequestID, by link: LinkID) -> Bool {
    requests[id]?.state == .running(link)
  }
}
