/// Chooses a node with a free slot. Costs a look at every node.
struct NodePicker: Sendable {
  /// Where the next search begins, so that equals take turns.
  private var cursor = 0

  /// The place of the chosen node; nil when every slot is taken.
  mutating func pick(
    _ strategy: Strategy, among nodes: [Node], using random: inout SplitMix64
  ) -> Int? {
    guard !nodes.isEmpty else { return nil }
    let start = cursor % nodes.count
    var chosen: Int?
    var candidates = 0
    for step in 0..<nodes.count {
      let place = start + step < nodes.count ? start + step : start + step - nodes.count
      guard nodes[place].hasFreeSlot else { continue }
      switch strategy {
      case .roundRobin:
        chosen = place
      case .leastLoaded:
        if let best = chosen, !Self.isLessLoaded(nodes[place], than: nodes[best]) { continue }
        chosen = place
        if !nodes[place].running.isEmpty { continue }
      case .random:
        // Each candidate replaces the one before with probability 1/k: all are equally likely.
        candidates += 1
        if Int.random(in: 0..<candidates, using: &random) == 0 { chosen = place }
        continue
      }
      break
    }
    if let chosen { cursor = chosen + 1 }
    return chosen
  }

  /// Compares running/slots without division.
  private static func isLessLoaded(_ left: Node, than right: Node) -> Bool {
    left.running.count * right.slots < right.running.count * left.slots
  }
}
