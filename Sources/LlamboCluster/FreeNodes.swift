/// Some of a cluster's node types, by their places in the settings. Types past the 63rd share the
/// last place with those that the settings do not name.
package struct TypeMask: Hashable, Sendable {
  package var bits: UInt64
  package static let all = TypeMask(bits: .max)
  package static let none = TypeMask(bits: 0)
  /// Where types go that the settings do not name.
  package static let otherIndex = 63

  package init(bits: UInt64) { self.bits = bits }
  package init(only index: Int) { bits = 1 << UInt64(min(index, TypeMask.otherIndex)) }

  package func contains(_ index: Int) -> Bool { bits & (1 << UInt64(index)) != 0 }
  package mutating func insert(_ index: Int) {
    bits |= 1 << UInt64(min(index, TypeMask.otherIndex))
  }
  package func intersection(_ other: TypeMask) -> TypeMask { TypeMask(bits: bits & other.bits) }
  package var isEmpty: Bool { bits == 0 }
}

/// What strategies choose from: the nodes that have a free slot, by type and load. Each question
/// costs a few steps at 10 nodes as at 10,000.
package struct FreeNodes: Sendable {
  package init() {}

  /// One type's nodes.
  struct Group: Sendable {
    /// Those with a free slot, the least loaded first.
    var heap = NodeHeap()
    var set = NodeSet()
    /// Over all that take work, whether they have a free slot or not.
    var running = 0
    var slots = 0
  }

  /// What a place counts for.
  private struct Share: Sendable {
    var group = -1
    var running = 0
    var slots = 0
  }

  private(set) var groups = [Group](repeating: Group(), count: TypeMask.otherIndex + 1)
  /// The types that have a node with a free slot.
  private(set) var available = TypeMask.none
  /// By place: where it stands in its group's heap, -1 where it does not.
  private var heapSlots: [Int] = []
  private var shares: [Share] = []
  /// Grows with each claim, so that equals take turns.
  private var turn: UInt64 = 0

  // MARK: Questions

  package var isEmpty: Bool { available.isEmpty }

  /// Whether a node takes work and has a slot for more.
  package func hasFreeSlot(_ place: Int) -> Bool { heapSlots[place] >= 0 }

  /// The requests that a node runs, and the slots that it has.
  package func load(of place: Int) -> (running: Int, slots: Int) {
    (shares[place].running, shares[place].slots)
  }

  /// The type of a node, as its place in a `TypeMask`.
  package func group(of place: Int) -> Int { shares[place].group }

  /// All requests and slots of one type's nodes that take work.
  package func load(ofType index: Int) -> (running: Int, slots: Int) {
    (groups[index].running, groups[index].slots)
  }

  /// The node with the smallest share of its slots taken; among equals, the one whose last turn
  /// is longest ago.
  package func leastLoaded(among types: TypeMask = .all) -> Int? {
    var best: NodeHeap.Entry?
    forEachGroup(among: types) { group in
      guard let first = groups[group].heap.first else { return }
      if let least = best, least.key <= first.key { return }
      best = first
    }
    return best?.place
  }

  /// The next node at `cursor` or behind it, from the start again after the last.
  package func next(from cursor: Int, among types: TypeMask = .all) -> Int? {
    var behind: Int?
    var lowest: Int?
    forEachGroup(among: types) { group in
      if let place = groups[group].set.first(from: cursor) {
        behind = min(place, behind ?? place)
      } else if let place = groups[group].set.first(from: 0) {
        lowest = min(place, lowest ?? place)
      }
    }
    return behind ?? lowest
  }

  /// Any node, each as likely as the other.
  package func random(among types: TypeMask = .all, using random: inout SplitMix64) -> Int? {
    var count = 0
    forEachGroup(among: types) { count += groups[$0].heap.count }
    guard count > 0 else { return nil }
    var rest = Int.random(in: 0..<count, using: &random)
    var chosen: Int?
    forEachGroup(among: types) { group in
      guard chosen == nil else { return }
      let entries = groups[group].heap.entries
      if rest < entries.count { chosen = entries[rest].place } else { rest -= entries.count }
    }
    return chosen
  }

  private func forEachGroup(among types: TypeMask, _ body: (Int) -> Void) {
    var rest = types.bits & available.bits
    while rest != 0 {
      body(rest.trailingZeroBitCount)
      rest &= rest - 1
    }
  }

  // MARK: Changes

  /// Makes room for one more place.
  package mutating func grow(to count: Int) {
    while shares.count < count {
      shares.append(Share())
      heapSlots.append(-1)
    }
  }

  /// Says what a node does by now.
  ///
  /// - Parameter slots: 0 for one that takes no work.
  package mutating func update(_ place: Int, group: Int, running: Int, slots: Int) {
    if shares[place].group != group { forget(place) }
    let old = shares[place]
    groups[group].running += (slots > 0 ? running : 0) - (old.slots > 0 ? old.running : 0)
    groups[group].slots += slots - old.slots
    shares[place] = Share(group: group, running: running, slots: slots)
    guard running < slots else { return takeOut(place, of: group) }
    // The share of the slots as a fraction of 2^24, then whose turn is longest ago.
    let share = UInt64(running) << 24 / UInt64(slots)
    let isTurnOver = heapSlots[place] < 0 || running > old.running
    if isTurnOver { turn += 1 }
    let lastTurn = isTurnOver ? turn : key(of: place, in: group) & Self.turnMask
    groups[group].heap.set(
      place, key: share << 40 | lastTurn & Self.turnMask, slots: &heapSlots)
    groups[group].set.insert(place)
    available.insert(group)
  }

  /// Forgets a place; the last one moves there.
  mutating func remove(_ place: Int) {
    forget(place)
    let last = shares.count - 1
    let moved = shares[last]
    if place != last, moved.group >= 0 {
      let key = heapSlots[last] < 0 ? nil : key(of: last, in: moved.group)
      takeOut(last, of: moved.group)
      shares[place] = moved
      if let key {
        groups[moved.group].heap.set(place, key: key, slots: &heapSlots)
        groups[moved.group].set.insert(place)
        available.insert(moved.group)
      }
    }
    shares.removeLast()
    heapSlots.removeLast()
  }

  private static let turnMask: UInt64 = 1 << 40 - 1

  private func key(of place: Int, in group: Int) -> UInt64 {
    groups[group].heap.entries[heapSlots[place]].key
  }

  private mutating func forget(_ place: Int) {
    let share = shares[place]
    guard share.group >= 0 else { return }
    takeOut(place, of: share.group)
    if share.slots > 0 { groups[share.group].running -= share.running }
    groups[share.group].slots -= share.slots
    shares[place] = Share()
  }

  private mutating func takeOut(_ place: Int, of group: Int) {
    groups[group].heap.remove(place, slots: &heapSlots)
    groups[group].set.remove(place)
    if groups[group].heap.count == 0 { available.bits &= ~(1 << UInt64(group)) }
  }
}
