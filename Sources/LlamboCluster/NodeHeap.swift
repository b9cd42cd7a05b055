/// Node places by key, the lowest first: a heap with four children a node, which has half the
/// levels of a binary one. Where each place stands is kept outside, in `slots`.
struct NodeHeap: Sendable {
  struct Entry: Sendable {
    var key: UInt64
    var place: Int
  }

  private(set) var entries: [Entry] = []

  var count: Int { entries.count }
  var first: Entry? { entries.first }

  /// Adds a place, or gives it another key.
  mutating func set(_ place: Int, key: UInt64, slots: inout [Int]) {
    let entry = Entry(key: key, place: place)
    let slot = slots[place]
    guard slot >= 0 else {
      entries.append(entry)
      return rise(entry, from: entries.count - 1, &slots)
    }
    if key < entries[slot].key {
      rise(entry, from: slot, &slots)
    } else {
      sink(entry, from: slot, &slots)
    }
  }

  mutating func remove(_ place: Int, slots: inout [Int]) {
    let slot = slots[place]
    guard slot >= 0 else { return }
    slots[place] = -1
    let last = entries.removeLast()
    guard slot < entries.count else { return }
    if slot > 0, last.key < entries[(slot - 1) >> 2].key {
      rise(last, from: slot, &slots)
    } else {
      sink(last, from: slot, &slots)
    }
  }

  private mutating func rise(_ entry: Entry, from start: Int, _ slots: inout [Int]) {
    var slot = start
    while slot > 0 {
      let parent = (slot - 1) >> 2
      guard entry.key < entries[parent].key else { break }
      entries[slot] = entries[parent]
      slots[entries[slot].place] = slot
      slot = parent
    }
    entries[slot] = entry
    slots[entry.place] = slot
  }

  private mutating func sink(_ entry: Entry, from start: Int, _ slots: inout [Int]) {
    var slot = start
    while true {
      let children = slot << 2 + 1
      guard children < entries.count else { break }
      var least = children
      for child in children + 1..<max(children + 1, min(children + 4, entries.count))
      where entries[child].key < entries[least].key { least = child }
      guard entries[least].key < entry.key else { break }
      entries[slot] = entries[least]
      slots[entries[slot].place] = slot
      slot = least
    }
    entries[slot] = entry
    slots[entry.place] = slot
  }
}
