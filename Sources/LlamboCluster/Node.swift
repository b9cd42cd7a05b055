import LlamboWire

/// The orchestrator's number for one connection of a worker.
package struct LinkID: Numbered {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// The orchestrator's number for one accepted request.
package struct RequestID: Numbered {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// One member of the cluster: a name that stays, and the process that lives under it now.
package struct Node: Sendable {
  package enum State: Equatable, Sendable {
    /// Its process is to be launched at that time.
    case waiting(until: Milliseconds)
    /// Its process was launched and has not said `HELLO`.
    case starting(since: Milliseconds)
    /// Linked, and heard from.
    case healthy
    /// Linked, but it gets no work until then, for it stalled.
    case ejected(until: Milliseconds)
    /// Its link broke; it may dial again until then.
    case unlinked(until: Milliseconds)
    /// It gets no new work; what still runs at that time moves to other nodes.
    case draining(until: Milliseconds)
    /// Told to stop; killed if it is still there at that time.
    case stopping(until: Milliseconds)

    package static let names = [
      "healthy", "starting", "waiting", "unlinked", "stopping", "draining", "ejected",
    ]

    /// The place of its word in `names`.
    package var index: Int {
      switch self {
      case .healthy: 0
      case .starting: 1
      case .waiting: 2
      case .unlinked: 3
      case .stopping: 4
      case .draining: 5
      case .ejected: 6
      }
    }

    /// The word that people see.
    package var name: String { State.names[index] }
  }

  package let id: String
  package let type: String
  /// Whether this cluster launches its process, and so replaces it.
  package let isManaged: Bool
  /// Its type's place in a `TypeMask`.
  let group: Int
  package internal(set) var epoch: UInt64
  package internal(set) var state: State
  package internal(set) var link: LinkID?
  /// What it said of itself, once linked.
  package internal(set) var hello: Hello?
  package internal(set) var pid: Int?
  /// Requests that hold a slot: those it serves, and those it was told to give up and has not.
  package internal(set) var running = NumberSet<RequestID>()
  /// Lives that ended unasked.
  package internal(set) var restarts = 0
  package internal(set) var requestsServed: UInt64 = 0
  package internal(set) var tokensServed: UInt64 = 0
  /// How often the strategy chose it, in all its lives.
  package internal(set) var picks: UInt64 = 0

  /// On the cluster's watched clock.
  var lastHeard: Milliseconds = 0
  var nextPing: Milliseconds = 0
  /// Pings since it was last heard.
  var unansweredPings = 0
  var linkedSince: Milliseconds?
  /// Failures since the last life that was long or did some work; it sets the backoff.
  var failures = 0
  /// Whether an earlier orchestrator launched it, so that nobody tells of its end.
  var isAdopted = false
  /// Whether this life has shown a token or ended a request.
  var isProductive = false
  /// When it last took up work or showed progress, on the cluster's watched clock.
  var lastProgress: Milliseconds = 0
  /// Of requests that it serves and has shown no token of.
  var prefillTokens = 0
  /// It stalled, and was kept because too few others are left.
  var isSpared = false
  /// It left out a token: nothing on its link counts any more.
  var isFaulty = false
  /// Whether a new process takes its place when it has drained.
  var isReplacedAfterDrain = false
  /// It runs with what the settings no longer say of its type.
  package internal(set) var isOutdated = false
  /// The outdated node that leaves when this one serves.
  var replaces: String?
  /// What it served when its link broke, and how many tokens each client had seen: to be blamed
  /// if it turns out that the process crashed.
  var suspects: [(request: RequestID, tokens: Int)] = []

  /// Those of them that wait until it is known whether it did.
  var held: [RequestID] = []

  init(
    id: String, type: String, isManaged: Bool, group: Int, epoch: UInt64, state: State
  ) {
    self.id = id
    self.type = type
    self.isManaged = isManaged
    self.group = group
    self.epoch = epoch
    self.state = state
  }

  /// Requests that it runs at once; 0 where it takes no work.
  package var slots: Int { state == .healthy && !isFaulty ? hello?.slots ?? 0 : 0 }
  var isWaiting: Bool { if case .waiting = state { true } else { false } }
  var isStopping: Bool {
    switch state {
    case .draining, .stopping: true
    default: false
    }
  }
  /// Whether it leaves and nothing takes its place.
  var isLeaving: Bool { isStopping && !isReplacedAfterDrain }
  var hasFreeSlot: Bool { running.count < slots }
}
