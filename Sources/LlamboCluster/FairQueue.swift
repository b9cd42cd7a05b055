/// Those who wait, in a line for each client; the clients take turns (fair queueing, Nagle, RFC 970,
/// 1985). Within a client it is first come, first served. What comes back from a node goes
/// before all.
struct FairQueue: Sendable {
  private struct Line: Sendable {
    let client: ClientID
    var entries: Deque<RequestID>
    /// Entries that are not in `gone`.
    var count = 0
  }

  private var returned = Deque<RequestID>()
  private var lines = NumberTable<ClientID, Line>()
  /// The lines' places in the order of their turns. One that is empty goes when its turn comes.
  private var turns = Deque<Int>()
  /// What the line that went last kept its entries in, for the next one: where a slot is always free,
  /// lines come and go with each request.
  private var spare = Deque<RequestID>()
  /// Removed, and still in a line.
  private var gone: Set<RequestID> = []
  private(set) var count = 0
  /// Clients with somebody in line.
  private(set) var clients = 0

  func count(of client: ClientID) -> Int {
    lines.place(of: client).map { lines[at: $0].count } ?? 0
  }

  mutating func append(_ id: RequestID, of client: ClientID) {
    let line = lines.place(of: client) ?? addLine(of: client)
    if lines[at: line].count == 0 { clients += 1 }
    lines[at: line].entries.append(id)
    lines[at: line].count += 1
    count += 1
  }

  private mutating func addLine(of client: ClientID) -> Int {
    let line = lines.insert(Line(client: client, entries: spare), for: client)
    spare = Deque()
    turns.append(line)
    return line
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
    while let line = turns.first {
      if let id = firstIn(line) { return id }
      _ = turns.popFirst()
      spare = lines.removeValue(for: lines[at: line].client)!.entries
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
    let line = turns.popFirst()!
    _ = lines[at: line].entries.popFirst()
    leave(line)
    turns.append(line)
    return id
  }

  /// Takes out one that waits; a client for one that never ran, nil for one that came back.
  mutating func remove(_ id: RequestID, of client: ClientID, hasReturned: Bool) {
    gone.insert(id)
    count -= 1
    if !hasReturned, let line = lines.place(of: client) { leave(line) }
    // What is gone is forgotten in its turn; where turns do not come, all of it at once.
    if gone.count > 64, gone.count > count { compact() }
  }

  /// Takes out the last one of the longest line.
  mutating func popLastOfLongest() -> RequestID? {
    // Clients of equal lines: the higher number goes, for a table has no order to replay.
    let longest = lines.values.max {
      ($0.count, $0.client.number) < ($1.count, $1.client.number)
    }
    guard let longest, longest.count > 0, let line = lines.place(of: longest.client) else {
      return nil
    }
    while let id = lines[at: line].entries.popLast() {
      if gone.remove(id) != nil { continue }
      leave(line)
      count -= 1
      return id
    }
    return nil
  }

  private mutating func leave(_ line: Int) {
    lines[at: line].count -= 1
    if lines[at: line].count == 0 { clients -= 1 }
  }

  private mutating func firstIn(_ line: Int) -> RequestID? {
    while let id = lines[at: line].entries.first {
      if gone.isEmpty || gone.remove(id) == nil { return id }
      _ = lines[at: line].entries.popFirst()
    }
    return nil
  }

  private mutating func compact() {
    var waiting = Deque<RequestID>()
    while let id = returned.popFirst() { if !gone.contains(id) { waiting.append(id) } }
    returned = waiting
    var order = Deque<Int>()
    while let line = turns.popFirst() {
      waiting = Deque()
      while let id = lines[at: line].entries.popFirst() {
        if !gone.contains(id) { waiting.append(id) }
      }
      lines[at: line].entries = waiting
      lines[at: line].count = waiting.count
      if waiting.isEmpty {
        lines.removeValue(for: lines[at: line].client)
      } else {
        order.append(line)
      }
    }
    turns = order
    gone = []
  }
}
