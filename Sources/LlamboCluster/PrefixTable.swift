/// Who computed which beginning last: a table of fixed size in which new entries push out old
/// ones, for it is a memory of caches that forget as well.
struct PrefixTable: Sendable {
  /// A node as the table knows it.
  struct Holder: Equatable, Sendable {
    /// From 1; another one for each stay of a node.
    let number: UInt32
    let place: UInt32
  }

  private struct Entry: Sendable {
    var hash: UInt64 = 0
    var holder: Holder?
  }

  /// Entries that share a place.
  private static let ways = 4

  private var entries: [Entry]
  private let mask: Int
  /// Which of a full place's entries goes next.
  private var turn = 0

  /// - Parameter size: entries of 24 bytes; a power of two.
  init(size: Int = 1 << 16) {
    entries = [Entry](repeating: Entry(), count: size)
    mask = size / Self.ways - 1
  }

  /// The node that computed this beginning last; nil where nobody remembers.
  func holder(of hash: UInt64) -> Holder? {
    let base = (Int(truncatingIfNeeded: hash) & mask) * Self.ways
    for way in base..<base + Self.ways where entries[way].hash == hash {
      return entries[way].holder
    }
    return nil
  }

  mutating func set(_ hash: UInt64, to holder: Holder) {
    let base = (Int(truncatingIfNeeded: hash) & mask) * Self.ways
    var chosen: Int?
    for way in base..<base + Self.ways
    where entries[way].hash == hash || entries[way].holder == nil {
      chosen = way
      break
    }
    turn += 1
    let way = chosen ?? base + turn % Self.ways
    entries[way] = Entry(hash: hash, holder: holder)
  }
}
