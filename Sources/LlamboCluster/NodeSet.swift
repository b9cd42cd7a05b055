/// A set of node places that finds the next member after a place in a few steps: a bit for each
/// place, and above each 64 words a word that says which of them are not empty.
struct NodeSet: Sendable {
  /// The bits of the places first, then each level's summary.
  private var levels: [[UInt64]] = [[0]]

  var isEmpty: Bool { levels[levels.count - 1][0] == 0 }

  func contains(_ place: Int) -> Bool {
    let word = place >> 6
    return word < levels[0].count && levels[0][word] & (1 << UInt64(place & 63)) != 0
  }

  mutating func insert(_ place: Int) {
    grow(toHold: place)
    var bit = place
    for level in levels.indices {
      levels[level][bit >> 6] |= 1 << UInt64(bit & 63)
      bit >>= 6
    }
  }

  mutating func remove(_ place: Int) {
    guard contains(place) else { return }
    var bit = place
    for level in levels.indices {
      levels[level][bit >> 6] &= ~(1 << UInt64(bit & 63))
      if levels[level][bit >> 6] != 0 { return }
      bit >>= 6
    }
  }

  /// The first member at `place` or behind it.
  func first(from place: Int) -> Int? {
    var bit = place
    for level in levels.indices {
      let word = bit >> 6
      guard word < levels[level].count else { return nil }
      let rest = levels[level][word] >> UInt64(bit & 63)
      if rest != 0 { return descend(to: bit + rest.trailingZeroBitCount, from: level) }
      // Nothing in this word: the level above knows the next word that holds something.
      bit = word + 1
    }
    return nil
  }

  private func descend(to found: Int, from level: Int) -> Int {
    var bit = found
    for lower in (0..<level).reversed() {
      bit = bit << 6 + levels[lower][bit].trailingZeroBitCount
    }
    return bit
  }

  private mutating func grow(toHold place: Int) {
    var needed = place >> 6 + 1
    var level = 0
    while true {
      if levels.count == level {
        // A new top sums up the one below.
        levels.append([0])
        for (word, bits) in levels[level - 1].enumerated() where bits != 0 {
          if levels[level].count <= word >> 6 {
            levels[level] += [UInt64](repeating: 0, count: word >> 6 - levels[level].count + 1)
          }
          levels[level][word >> 6] |= 1 << UInt64(word & 63)
        }
      }
      if levels[level].count < needed {
        levels[level] += [UInt64](repeating: 0, count: needed - levels[level].count)
      }
      if levels[level].count == 1 { return }
      needed = (levels[level].count - 1) >> 6 + 1
      level += 1
    }
  }
}
