/// How a node is chosen among those with a free slot.
package enum Strategy: String, CaseIterable, Sendable {
  /// Each node in its turn.
  case roundRobin = "round-robin"
  /// The node with the smallest share of its slots taken.
  case leastLoaded = "least-loaded"
  case random
  /// By the prompt: its length and class choose the type, what a node has in its cache the node.
  case cognitiveAffinity = "cognitive-affinity"
}

/// A way to choose nodes. The cluster has one at a time; another program can bring its own.
///
/// A strategy is told of nodes by their places, which are numbers from 0; `moved` says that a node
/// has another one from now on.
package protocol NodeStrategy: Sendable {
  /// The place of a node of these types that has a free slot; nil where none suits, and the
  /// request waits until something changes.
  mutating func pick(
    for prompt: PromptDigest, among types: TypeMask, of nodes: FreeNodes,
    using random: inout SplitMix64
  ) -> Int?

  /// The types on which a prompt may run at all; it waits while none of their nodes is free.
  func types(for prompt: PromptDigest) -> TypeMask

  /// A request was sent to a node.
  mutating func sent(_ prompt: PromptDigest, to place: Int)
  /// A node takes work from now on; `name` stays the same in all its lives.
  mutating func joined(_ name: String, type: Int, at place: Int)
  mutating func left(_ name: String, type: Int, at place: Int)
  mutating func moved(_ name: String, type: Int, from old: Int, to new: Int)
}

extension NodeStrategy {
  package func types(for prompt: PromptDigest) -> TypeMask { .all }
  package mutating func sent(_ prompt: PromptDigest, to place: Int) {}
  package mutating func joined(_ name: String, type: Int, at place: Int) {}
  package mutating func left(_ name: String, type: Int, at place: Int) {}
  package mutating func moved(_ name: String, type: Int, from old: Int, to new: Int) {}
}

struct RoundRobin: NodeStrategy {
  private var cursor = 0

  mutating func pick(
    for prompt: PromptDigest, among types: TypeMask, of nodes: FreeNodes,
    using random: inout SplitMix64
  ) -> Int? {
    guard let place = nodes.next(from: cursor, among: types) else { return nil }
    cursor = place + 1
    return place
  }
}

struct LeastLoaded: NodeStrategy {
  func pick(
    for prompt: PromptDigest, among types: TypeMask, of nodes: FreeNodes,
    using random: inout SplitMix64
  ) -> Int? {
    nodes.leastLoaded(among: types)
  }
}

struct RandomChoice: NodeStrategy {
  func pick(
    for prompt: PromptDigest, among types: TypeMask, of nodes: FreeNodes,
    using random: inout SplitMix64
  ) -> Int? {
    nodes.random(among: types, using: &random)
  }
}

extension Strategy {
  /// - Parameter settings: for the sizes of the types.
  package func make(for settings: ClusterSettings) -> any NodeStrategy {
    switch self {
    case .roundRobin: RoundRobin()
    case .leastLoaded: LeastLoaded()
    case .random: RandomChoice()
    case .cognitiveAffinity: CognitiveAffinity(types: settings.types)
    }
  }
}
