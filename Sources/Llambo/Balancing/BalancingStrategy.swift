import LlamboCluster

/// How a node is chosen among those with a free slot.
public enum BalancingStrategy: Int, CaseIterable, Sendable {
  /// Each node in its turn.
  case roundRobin = 0
  /// The node with the smallest share of its slots taken.
  case leastLoaded = 1
  /// Any node.
  case random = 2
  /// By the prompt: its length and class choose the type of node, what a node has computed before the
  /// node.
  case cognitiveAffinity = 3

  /// The word of the configuration, such as "least-loaded".
  public var name: String { own.rawValue }

  var own: Strategy {
    switch self {
    case .roundRobin: .roundRobin
    case .leastLoaded: .leastLoaded
    case .random: .random
    case .cognitiveAffinity: .cognitiveAffinity
    }
  }
}

/// A strategy of one's own for a `LoadBalancer`.
public protocol NodeChoosing: Sendable {
  /// Chooses a node for a request; nil where none of these suits, and the request waits for another
  /// one to become free.
  ///
  /// - Parameter nodes: those with a free slot; at least one.
  mutating func choose(for prompt: PromptSummary, among nodes: [NodeLoad]) -> NodeLoad?
}

/// What a strategy knows of a prompt.
public struct PromptSummary: Sendable, Equatable {
  /// What a prompt looks like.
  public enum Kind: String, Sendable {
    /// Nothing in particular.
    case text
    /// Short, and with a question mark at its end.
    case question
    /// Brackets, semicolons and operators abound.
    case code
    /// More than two turns.
    case conversation
  }

  /// Bytes of UTF-8, of all turns.
  public var length: Int
  /// What it looks like.
  public var kind: Kind
  /// About as many tokens: one in four bytes.
  public var estimatedTokens: Int
  /// The most tokens that the answer may have.
  public var maxTokens: Int
}

/// What a strategy knows of a node that has a free slot.
public struct NodeLoad: Sendable, Equatable {
  /// Its name.
  public var name: String
  /// Its type.
  public var type: String
  /// Requests that it answers now.
  public var running: Int
  /// Requests that it answers at once.
  public var slots: Int
  /// Tokens of prompt and answer that a request may have there; 0 where it does not say.
  public var contextSize: Int

  /// The share of its slots that is taken.
  public var load: Double { Double(running) / Double(max(slots, 1)) }

  let place: Int
}

extension PromptSummary {
  init(_ digest: PromptDigest) {
    let kind: Kind =
      switch digest.kind {
      case .text: .text
      case .question: .question
      case .code: .code
      case .conversation: .conversation
      }
    self.init(
      length: digest.length, kind: kind, estimatedTokens: digest.estimatedTokens,
      maxTokens: digest.maxTokens)
  }
}

/// A user's strategy as the cluster's core calls it.
struct OwnStrategy: NodeStrategy {
  /// What does not change of a node, by name.
  struct Traits: Sendable {
    var type: String
    var contextSize: Int
  }

  private var chooser: any NodeChoosing
  private let traits: NodeTraits
  private var names: [Int: String] = [:]

  init(_ chooser: any NodeChoosing, _ traits: NodeTraits) {
    self.chooser = chooser
    self.traits = traits
  }

  mutating func pick(
    for prompt: PromptDigest, among types: TypeMask, of nodes: FreeNodes,
    using random: inout SplitMix64
  ) -> Int? {
    let free = names.keys.sorted().compactMap { place -> NodeLoad? in
      guard let name = names[place], nodes.hasFreeSlot(place),
        types.contains(nodes.group(of: place))
      else { return nil }
      let load = nodes.load(of: place)
      let traits = traits[name]
      return NodeLoad(
        name: name, type: traits.type, running: load.running, slots: load.slots,
        contextSize: traits.contextSize, place: place)
    }
    guard !free.isEmpty,
      let chosen = chooser.choose(for: PromptSummary(prompt), among: free)
    else { return nil }
    // One that it kept from an earlier call may be busy, or another's place, by now.
    return free.contains { $0.place == chosen.place && $0.name == chosen.name }
      ? chosen.place : nil
  }

  mutating func joined(_ name: String, type: Int, at place: Int) { names[place] = name }
  mutating func left(_ name: String, type: Int, at place: Int) { names[place] = nil }
  mutating func moved(_ name: String, type: Int, from old: Int, to new: Int) {
    guard names[old] == name else { return }
    names[old] = nil
    names[new] = name
  }
}
