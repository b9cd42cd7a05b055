/// How a node is chosen among those with a free slot.
package enum Strategy: String, CaseIterable, Sendable {
  /// Each node in its turn.
  case roundRobin = "round-robin"
  /// The node with the smallest share of its slots taken.
  case leastLoaded = "least-loaded"
  case random
}
