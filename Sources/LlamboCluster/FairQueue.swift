/// Those who wait, in a line for each client; the clients take turns (fair queueing, Nagle, RFC 970,
/// 1985). Within a client it is first come, first served. What comes back from a node goes
/// before all.
struct FairQueue: Sendable {
  private struct Line: Sendable {
    var entries = Deque<RequestID>()
    /// Entries that are not in `gone`.
    var count = 0
  }

  private var returned = Deque<RequestID>()
  private var lines: [ClientID: Line] = [:]
  /// Clients in the order of their turns. One whose line is empty leaves when its turn comes.
  private var turns = Deque<ClientID>()
  /// Removed, and still in a line.
  private var gone: Set<RequestID> = []
  private(set) var count = 0
  /// Clients with somebody in line.
  private(set) var clients = 0

  func count(of client: ClientID) -> Int { lines[client]?.count ?? 0 }

  mutating func append(_ id: RequestID, of client: ClientID) {
    if lines[client] == nil {
      lines[client] = Line()
      turns.append(client)
    }
    if lines[client]!.count == 0 { clients += 1 }
    lines[client]!.entries.append(id)
    lines[client]!.count += 1
    count += 1
  }

  /// Lets one that has waited before go first.
  mutating func takeBack(_ id: RequestID) {
    returned.prepend(id)
    count += 1
  }

  /// Who is next.
  mutating func first() -> RequestID? {
    while let id = returned.first {
      if gone.remove(id) == nil { return id }
      _ = returned.popFirst()
    }
    while let client = turns.first {
      if let id = firstInLine(of: client) { return id }
      _ = turns.popFirst()
      lines[client] = nil
    }
    return nil
  }

  /// Takes out who is next.
  mutating func popFirst() -> RequestID? {
    guard let id = first() else { return nil }
    count -= 1
    if returned.first == id {
      _ = returned.popFirst()
      return id
    }
    let client = turns.popFirst()!
    _ = lines[client]!.entries.popFirst()
    leave(client)
    turns.append(client)
    return id
  }

  /// Takes out one that waits; a client for one that never ran, nil for one that came back.
  mutating func remove(_ id: RequestID, of client: ClientID, hasReturned: Bool) {
    gone.insert(id)
    count -= 1
    if !hasReturned { leave(client) }
    // What is gone is forgotten in its turn; where turns do not come, all of it at once.
    if gone.count > 64, gone.count > count { compact() }
  }

  /// Takes out the last one of the longest line.
  mutating func popLastOfLongest() -> RequestID? {
    // Clients of equal lines: the higher number goes, for a dictionary has no order to replay.
    let longest = lines.max { ($0.value.count, $0.key.number) < ($1.value.count, $1.key.number) }
    guard let client = longest?.key, longest!.value.count > 0 else { return nil }
    while let id = lines[client]!.entries.popLast() {
      if gone.remove(id) != nil { continue }
      leave(client)
      count -= 1
      return id
    }
    return nil
  }

  private mutating func leave(_ client: ClientID) {
    lines[client]!.count -= 1
    if lines[client]!.count == 0 { clients -= 1 }
  }

  private mutating func firstInLine(of client: ClientID) -> RequestID? {
    while let id = lines[client]!.entries.first {
      if gone.isEmpty || gone.remove(id) == nil { return id }
      _ = lines[client]!.entries.popFirst()
    }
    return nil
  }

  private mutating func compact() {
    var waiting = Deque<RequestID>()
    while let id = returned.popFirst() { if !gone.contains(id) { waiting.append(id) } }
    returned = waiting
    var order = Deque<ClientID>()
    while let client = turns.popFirst() {
      var line = Line()
      while let id = lines[client]!.entries.popFirst() {
        if !gone.contains(id) {
          line.entries.append(id)
          line.count += 1
        }
      }
      lines[client] = line.count > 0 ? line : nil
      if line.count > 0 { order.append(client) }
    }
    turns = order
    gone = []
  }
}
