import LlamboWire

/// The cluster as a value: it is told what happened and when, and answers with what to do.
///
/// It performs no I/O, reads no clock and draws from no randomness but its own seed, so the same
/// events at the same times give the same directives.
package struct Cluster: Sendable {
  package internal(set) var settings: ClusterSettings
  package internal(set) var nodes: [Node] = []
  package internal(set) var counters = Counters()
  package internal(set) var metrics = Metrics()

  var placeByID: [String: Int] = [:]
  var placeByLink = NumberTable<LinkID, Int>()
  /// Each type's place in a `TypeMask`.
  var groupByType: [String: Int]
  /// What the strategy chose and what ended well, by group, of nodes that are gone as well.
  var served = [Served](repeating: Served(), count: TypeMask.otherIndex + 1)
  /// Types whose nodes are being replaced, for they have changed.
  package internal(set) var rolling: Set<String> = []
  /// How many nodes of each group are in each state.
  var states: [[Int]]
  /// Nodes whose launch is due, or will be.
  var launches = LaunchQueue()

  var requests = NumberTable<RequestID, Request>()
  /// Requests without a slot.
  var waiting = WaitingRoom()
  /// Requests that are to be tried again as soon as the retry budget allows.
  var paced = Deque<RequestID>()
  /// Those of them that have not ended meanwhile.
  var pacedCount = 0
  var retryBudget: RetryBudget
  /// Requests that ended while others waited: the pace at which the queue moves on.
  var completions = SmoothedRate(window: 5000)
  /// Accepted requests, the first to time out first: those of one timeout are in their order, and
  /// whenever the settings change it another list begins, the last.
  var deadlines = [Deque<RequestID>()]
  /// Links on which tokens were left out; they are closed next.
  var faults: [LinkID] = []

  var free = FreeNodes()
  var strategy: any NodeStrategy
  /// The name of the strategy; nil where the user brought one.
  package internal(set) var strategyName: Strategy?
  var random: SplitMix64
  /// Draws the seeds of requests, which so do not depend on how nodes are chosen.
  var seeds: SplitMix64

  package internal(set) var isShuttingDown = false
  private var hasStopped = false
  /// The time that this process has seen pass, in milliseconds: what it slept through does not
  /// count, so that nobody seems to have stalled meanwhile.
  var watched: Milliseconds = 0
  var lastTick: Milliseconds = .max
  /// The time of the event that is handled.
  var now: Milliseconds = 0
  /// By group.
  var scaling = [Scaling](repeating: Scaling(), count: TypeMask.otherIndex + 1)
  /// Guests that stalled, by name.
  var ejections: [String: Ejection] = [:]
  /// By group.
  var crashLoops = [CrashLoop](repeating: CrashLoop(), count: TypeMask.otherIndex + 1)
  /// Slots that requests hold.
  package internal(set) var running = 0
  /// Numbers given to nodes so far.
  var named = 0
  /// Higher than any epoch that an earlier orchestrator gave out.
  var lastEpoch: UInt64
  /// No life of a restored node has a higher epoch.
  var adoptableEpoch: UInt64 = 0

  /// Sums since the start.
  package struct Counters: Equatable, Sendable {
    package var accepted: UInt64 = 0
    /// Those not accepted; they count as failed as well.
    package var refused: UInt64 = 0
    package var finished: UInt64 = 0
    package var failed: UInt64 = 0
    package var cancelled: UInt64 = 0
    /// Requests sent anew, with or without tokens.
    package var retried: UInt64 = 0
    /// Those of them whose client had seen tokens.
    package var failovers: UInt64 = 0
    package var tokens: UInt64 = 0
    package var nodesLost: UInt64 = 0
    /// Nodes given up for silence or for want of progress.
    package var ejections: UInt64 = 0
  }

  /// - Parameters:
  ///   - epoch: higher than any that an earlier orchestrator of this cluster gave out.
  ///   - seed: of the random strategy, of jitter, and of the requests' seeds.
  ///   - strategy: the user's own; nil for the one that the settings name.
  package init(
    settings: ClusterSettings, epoch: UInt64, seed: UInt64,
    strategy: (any NodeStrategy)? = nil
  ) {
    self.settings = settings
    lastEpoch = epoch
    random = SplitMix64(seed: seed)
    seeds = SplitMix64(seed: seed ^ 0x5eed_5eed_5eed_5eed)
    retryBudget = RetryBudget(share: settings.retryShare, perSecond: settings.retriesPerSecond)
    self.strategy = strategy ?? settings.strategy.make(for: settings)
    strategyName = strategy == nil ? settings.strategy : nil
    groupByType = settings.groups
    states = Array(
      repeating: Array(repeating: 0, count: Node.State.names.count),
      count: TypeMask.otherIndex + 1)
  }

  /// Requests that wait for a slot.
  package var queued: Int { waiting.count + pacedCount }
  /// Those of them that wait for the retry budget, whatever is free.
  package var pacing: Int { pacedCount }

  /// Takes in one event; what is to be done is appended to `directives`.
  package mutating func handle(
    _ event: Event, at now: Milliseconds, into directives: inout [Directive]
  ) {
    self.now = now
    switch event {
    case .started:
      for type in settings.types {
        let restored = nodes.count { $0.isManaged && $0.type == type.name }
        let room = settings.maxNodes - nodes.count
        add(min(type.count - restored, room), of: type.name, at: now)
      }
      launchDue(at: now, &directives)
    case .launched(let node, let epoch, let pid):
      launched(node, epoch: epoch, pid: pid, &directives)
    case .launchFailed(let node, let epoch, let reason):
      processEnded(node, epoch: epoch, reason: reason, wasKilled: false, at: now, &directives)
    case .processEnded(let node, let epoch, let reason, let wasKilled):
      processEnded(node, epoch: epoch, reason: reason, wasKilled: wasKilled, at: now, &directives)
    case .hello(let link, let hello):
      join(link, hello, at: now, &directives)
    case .linkClosed(let link):
      linkClosed(link, at: now, &directives)
    case .heard(let link):
      heard(on: link, at: now)
    case .submitted(let request, let submission):
      submit(request, submission, at: now, &directives)
    case .finished(let request, let link):
      finish(request, on: link, at: now, &directives)
    case .failed(let request, let link, let error):
      fail(request, on: link, error, at: now, &directives)
    case .cancelled(let request):
      cancel(request, &directives)
    case .tick:
      watchPace(at: now)
      metrics.tokens.look(at: now)
      expireRequests(at: now, &directives)
      paceRetries(at: now, &directives)
      watchNodes(at: now, &directives)
      scale(at: now, &directives)
      roll(at: now, &directives)
      launchDue(at: now, &directives)
    case .drain(let node, let grace, let replace):
      drain(node, grace: grace, replace: replace, at: now, &directives)
    case .stop(let node):
      stop(node, at: now, &directives)
    case .useStrategy(let strategy):
      use(strategy)
      dispatch(&directives)
    case .shutdown(let grace):
      beginShutdown(grace: grace, at: now, &directives)
    }
    // Last, for the event may close a link where something would have gone on.
    if !faults.isEmpty { closeFaulty(at: now, &directives) }
    if isShuttingDown, !hasStopped, nodes.isEmpty, requests.isEmpty {
      hasStopped = true
      directives.append(.stopped)
    }
  }

  /// Whether that link is where a request's client is served from.
  package func isServed(_ id: RequestID, by link: LinkID) -> Bool {
    guard let entry = requests.place(of: id), requests[at: entry].state == .running(link) else {
      return false
    }
    return !nodes[requests[at: entry].place].isFaulty
  }

  /// The same for a shell that keeps its cluster in an object. As a mutating function it uses the
  /// cluster where it is; of one that only reads, the compiler makes a copy first, which costs more
  /// than all that is read.
  package mutating func acceptsEnd(of id: RequestID, from link: LinkID) -> Bool {
    isServed(id, by: link)
  }

  /// Whether a worker may end an answer as cancelled. Where nobody asked for that, the worker gives
  /// it up for reasons of its own, and another one goes on.
  package func mayEndAsCancelled(_ id: RequestID) -> Bool {
    isShuttingDown || requests[id]?.isCancelled ?? true
  }

  mutating func use(_ name: Strategy) {
    strategy = name.make(for: settings)
    strategyName = name
    for (place, node) in nodes.enumerated() where node.state == .healthy {
      strategy.joined(node.id, type: node.group, at: place)
    }
  }
}
