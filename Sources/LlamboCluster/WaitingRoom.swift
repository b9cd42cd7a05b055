/// All who wait for a slot: a fair queue for each set of node types that somebody asks for.
struct WaitingRoom: Sendable {
  private struct Lane: Sendable {
    let types: TypeMask
    var queue = FairQueue()
  }

  private var lanes: [Lane] = []
  /// The lane that is asked first, so that lanes take turns.
  private var cursor = 0
  private(set) var count = 0

  /// The sets of types that somebody waits for, and how many do.
  var demands: [(types: TypeMask, count: Int)] { lanes.map { ($0.types, $0.queue.count) } }

  /// Clients who wait, and those of them that one client has.
  func load(of client: ClientID) -> (clients: Int, own: Int) {
    var clients = 0
    var own = 0
    for lane in lanes {
      clients += lane.queue.clients
      own += lane.queue.count(of: client)
    }
    return (clients, own)
  }

  mutating func append(_ id: RequestID, of client: ClientID, on types: TypeMask) {
    count += 1
    lanes[lane(of: types)].queue.append(id, of: client)
  }

  mutating func takeBack(_ id: RequestID, on types: TypeMask) {
    count += 1
    lanes[lane(of: types)].queue.takeBack(id)
  }

  /// Takes out the next one for whom one of these types has a free slot.
  mutating func popFirst(where available: TypeMask, isBlocked: (TypeMask) -> Bool) -> RequestID? {
    for step in lanes.indices {
      let index = (cursor + step) % lanes.count
      guard !lanes[index].types.intersection(available).isEmpty, !isBlocked(lanes[index].types),
        let id = lanes[index].queue.popFirst()
      else { continue }
      cursor = index + 1
      shrink(index)
      return id
    }
    return nil
  }

  mutating func popFirst() -> RequestID? { popFirst(where: .all) { _ in false } }

  mutating func remove(
    _ id: RequestID, of client: ClientID, on types: TypeMask, hasReturned: Bool
  ) {
    let index = lane(of: types)
    lanes[index].queue.remove(id, of: client, hasReturned: hasReturned)
    shrink(index)
  }

  /// Takes out the one that has the worst claim to wait: the last of the longest line.
  mutating func popLastOfLongest() -> RequestID? {
    guard let index = lanes.indices.max(by: { lanes[$0].queue.count < lanes[$1].queue.count }),
      let id = lanes[index].queue.popLastOfLongest()
    else { return nil }
    shrink(index)
    return id
  }

  private mutating func lane(of types: TypeMask) -> Int {
    if let index = lanes.firstIndex(where: { $0.types == types }) { return index }
    lanes.append(Lane(types: types))
    return lanes.count - 1
  }

  /// One fewer waits there.
  private mutating func shrink(_ index: Int) {
    count -= 1
    if lanes[index].queue.count == 0, lanes.count > 1 {
      lanes.remove(at: index)
      if cursor > index { cursor -= 1 }
    }
  }
}
