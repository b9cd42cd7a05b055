import LlamboWire

/// The orchestrator's number for one connection of a worker.
package struct LinkID: Hashable, Sendable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// The orchestrator's number for one accepted request.
package struct RequestID: Hashable, Sendable {
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
    /// Its link broke; it may dial again until then.
    case unlinked(until: Milliseconds)
    /// Told to stop; killed if it is still there at that time.
    case stopping(until: Milliseconds)

    package static let names = ["healthy", "starting", "waiting", "unlinked", "stopping"]

    /// The word that people see.
    package var name: String {
      switch self {
      case .waiting: "waiting"
      case .starting: "starting"
      case .healthy: "healthy"
      case .unlinked: "unlinked"
      case .stopping: "stopping"
      }
    }
  }

  package let id: String
  package let type: String
  /// Whether this cluster launches its process, and so replaces it.
  package let isManaged: Bool
  package internal(set) var epoch: UInt64
  package internal(set) var state: State
  package internal(set) var link: LinkID?
  /// What it said of itself, once linked.
  package internal(set) var hello: Hello?
  package internal(set) var pid: Int?
  package internal(set) var running: Set<RequestID> = []
  /// Lives that ended unasked.
  package internal(set) var restarts = 0
  package internal(set) var requestsServed: UInt64 = 0
  package internal(set) var tokensServed: UInt64 = 0

  /// It has refused a request because it finishes what runs and then ends.
  var isDraining = false
  var lastHeard: Milliseconds = 0
  var nextPing: Milliseconds = 0
  var linkedSince: Milliseconds = 0
  /// Failures since the last stable life; it sets the backoff.
  var failures = 0

  /// Requests that it runs at once; 0 until it is linked, and when it takes no more.
  package var slots: Int { state == .healthy && !isDraining ? hello?.slots ?? 0 : 0 }
  var hasFreeSlot: Bool { running.count < slots }
}
