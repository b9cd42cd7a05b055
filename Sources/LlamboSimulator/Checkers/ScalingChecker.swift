import LlamboCluster

/// The autoscaler's rules, held against how the cluster's size changes at each look of the
/// orchestrator, where nothing else adds nodes or has them drain.
struct ScalingChecker: Sendable {
  private struct Change: Sendable {
    var time: Milliseconds
    var grew: Bool
  }

  private let settings: ClusterSettings
  private var lastChanges: [Change?]
  /// Of the look under way: who was there and meant to stay, by name, and who else was there.
  private var before: [String: Int] = [:]
  private var leaving: Set<String> = []
  /// How many of those who meant to stay were nobody's but their own.
  private var guests = 0
  private var sizes: [Int]
  private var slots: [Int]

  init(settings: ClusterSettings) {
    self.settings = settings
    lastChanges = Array(repeating: nil, count: settings.types.count)
    sizes = Array(repeating: 0, count: settings.types.count)
    slots = sizes
  }

  mutating func orchestratorStarted() {
    for type in lastChanges.indices { lastChanges[type] = nil }
  }

  /// A request came, and a node for it: only where its type had none.
  mutating func woke(_ cluster: Cluster, at clock: Milliseconds, _ violations: inout Violations) {
    guard let node = cluster.nodes.last, let type = place(of: node.type) else { return }
    let size = cluster.nodes.count { $0.type == node.type && !$0.isEnding }
    if size > 1 {
      violations.add(.scalingHolds, "\(node.type) grows to \(size) nodes between two looks")
    }
    lastChanges[type] = Change(time: clock, grew: true)
  }

  /// Before each look.
  mutating func look(at cluster: Cluster) {
    before.removeAll(keepingCapacity: true)
    leaving.removeAll(keepingCapacity: true)
    guests = 0
    for type in sizes.indices {
      sizes[type] = 0
      slots[type] = 0
    }
    for node in cluster.nodes {
      if node.isEnding {
        leaving.insert(node.id)
        continue
      }
      guard let type = place(of: node.type) else { continue }
      sizes[type] += 1
      slots[type] += node.slots
      if node.isManaged { before[node.id] = type } else { guests += 1 }
    }
  }

  /// After each look.
  mutating func check(_ cluster: Cluster, at clock: Milliseconds, _ violations: inout Violations) {
    var grown = [Int](repeating: 0, count: sizes.count)
    var shrunk = grown
    var after = grown
    for node in cluster.nodes {
      guard let type = place(of: node.type) else { continue }
      if !node.isEnding { after[type] += 1 }
      guard node.isManaged, let old = before.removeValue(forKey: node.id) else {
        // Who drained to be replaced is no growth.
        if node.isManaged, !leaving.contains(node.id) { grown[type] += 1 }
        continue
      }
      if node.isEnding { shrunk[old] += 1 }
    }
    for type in before.values { shrunk[type] += 1 }
    let total = sizes.reduce(0, +)
    for type in sizes.indices {
      if grown[type] > 0 {
        grew(type, by: grown[type], of: total, to: after[type], at: clock, &violations)
      }
      if shrunk[type] > 0 {
        shrank(type, by: shrunk[type], to: after[type], at: clock, &violations)
      }
    }
    // A guest that goes in the same look was still there for the autoscaler.
    var stayed = 0
    for node in cluster.nodes where !node.isManaged && !node.isEnding {
      if place(of: node.type) != nil { stayed += 1 }
    }
    let left = after.reduce(0, +) + max(0, guests - stayed)
    if shrunk.contains(where: { $0 > 0 }), left < settings.minNodes {
      violations.add(.scalingBounds, "the cluster shrinks to \(left) nodes")
    }
  }

  private mutating func grew(
    _ type: Int, by count: Int, of total: Int, to size: Int, at clock: Milliseconds,
    _ violations: inout Violations
  ) {
    let name = settings.types[type].name
    if size > settings.types[type].maxNodes {
      violations.add(.scalingBounds, "\(name) grows to \(size) nodes")
    }
    // What falls below the least is made up for at once, and who waits for no node at all is not
    // kept waiting.
    // Who left within the look was not there for the autoscaler, either.
    let old = min(sizes[type], size - count)
    let isOwed =
      old < settings.types[type].minNodes || old == 0
      || total - sizes[type] + old < settings.minNodes
    if !isOwed {
      if slots[type] == 0 { violations.add(.scalingHolds, "\(name) grows, and none of it serves") }
      if let last = lastChanges[type], !last.grew, clock - last.time < settings.scaleUpCooldown {
        violations.add(
          .scalingCooldown, "\(name) grows \(clock - last.time) ms after it shrank")
      }
      let most = max(1, Int(Double(sizes[type]) * settings.scaleFactor) - sizes[type])
      if count > most { violations.add(.scalingStep, "\(name) grows by \(count) at once") }
    }
    lastChanges[type] = Change(time: clock, grew: true)
  }

  private mutating func shrank(
    _ type: Int, by count: Int, to size: Int, at clock: Milliseconds,
    _ violations: inout Violations
  ) {
    let name = settings.types[type].name
    if size < settings.types[type].minNodes {
      violations.add(.scalingBounds, "\(name) shrinks to \(size) nodes")
    }
    if slots[type] == 0 { violations.add(.scalingHolds, "\(name) shrinks, and none of it serves") }
    if let last = lastChanges[type], clock - last.time < settings.scaleDownCooldown {
      violations.add(
        .scalingCooldown, "\(name) shrinks \(clock - last.time) ms after its last change")
    }
    if count > max(1, sizes[type] - Int(Double(sizes[type]) / settings.scaleFactor)) {
      violations.add(.scalingStep, "\(name) shrinks by \(count) at once")
    }
    lastChanges[type] = Change(time: clock, grew: false)
  }

  private func place(of type: String) -> Int? {
    settings.types.firstIndex { $0.name == type }
  }
}
