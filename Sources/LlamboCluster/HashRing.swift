/// Consistent hashing (Karger et al., "Consistent hashing and random trees", 1997): keys and nodes
/// lie on one ring, and a key belongs to the first node behind it. A node that comes or goes
/// moves only the keys beside its points.
struct HashRing: Sendable {
  private struct Point: Sendable {
    let hash: UInt64
    var place: Int
  }

  /// Points a node. Few, for the load has a bound of its own.
  static let pointsPerNode = 4

  private var points: [Point] = []

  mutating func insert(_ name: String, at place: Int) {
    for hash in Self.hashes(of: name) {
      points.insert(Point(hash: hash, place: place), at: index(from: hash))
    }
  }

  mutating func remove(_ name: String, at place: Int) {
    for hash in Self.hashes(of: name) {
      if let index = index(of: hash, place) { points.remove(at: index) }
    }
  }

  mutating func move(_ name: String, from old: Int, to new: Int) {
    for hash in Self.hashes(of: name) {
      if let index = index(of: hash, old) { points[index].place = new }
    }
  }

  /// The first node behind a key that is fit, after at most `steps` looks.
  func first(behind key: UInt64, steps: Int, where isFit: (Int) -> Bool) -> Int? {
    guard !points.isEmpty else { return nil }
    var index = index(from: key)
    for _ in 0..<min(steps, points.count) {
      if index == points.count { index = 0 }
      if isFit(points[index].place) { return points[index].place }
      index += 1
    }
    return nil
  }

  /// The first point whose hash is no lower.
  private func index(from hash: UInt64) -> Int {
    var low = 0
    var high = points.count
    while low < high {
      let middle = (low + high) / 2
      if points[middle].hash < hash { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func index(of hash: UInt64, _ place: Int) -> Int? {
    var index = index(from: hash)
    while index < points.count, points[index].hash == hash {
      if points[index].place == place { return index }
      index += 1
    }
    return nil
  }

  private static func hashes(of name: String) -> [UInt64] {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return (0..<UInt64(pointsPerNode)).map {
      PromptDigest.mixed(hash &+ $0 &* 0x9e37_79b9_7f4a_7c15)
    }
  }
}
