/// One accepted request on its way through the cluster.
struct Request: Sendable {
  enum State: Equatable, Sendable {
    case queued
    /// It holds a slot of that link's node.
    case running(LinkID)
    /// The client has had its last line; the slot is held until the worker has let go.
    case leaving(LinkID)

    var link: LinkID? {
      switch self {
      case .queued: nil
      case .running(let link), .leaving(let link): link
      }
    }
  }

  var state = State.queued
  let deadline: Milliseconds
  /// Nodes lost or refusing under it so far.
  var failures = 0
  /// Its client wants no more of it; its worker was told and has not answered.
  var isCancelled = false
  /// Tokens that its client has seen.
  var tokens = 0
}

/// Requests in order, first in first out, with an entry at the front for one that comes back.
struct RequestQueue: Sendable {
  private var entries: [RequestID] = []
  private var head = 0

  var count: Int { entries.count - head }
  var first: RequestID? { head < entries.count ? entries[head] : nil }

  mutating func append(_ id: RequestID) { entries.append(id) }

  mutating func prepend(_ id: RequestID) {
    if head > 0 {
      head -= 1
      entries[head] = id
    } else {
      entries.insert(id, at: 0)
    }
  }

  mutating func popFirst() -> RequestID? {
    guard let first else { return nil }
    head += 1
    if head > 64, head * 2 > entries.count {
      entries.removeSubrange(..<head)
      head = 0
    }
    return first
  }

  mutating func remove(_ id: RequestID) {
    guard let place = entries[head...].firstIndex(of: id) else { return }
    entries.remove(at: place)
  }
}
