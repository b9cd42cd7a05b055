/// Chooses by the prompt. Its length and class name the type: the smallest one that it fits well.
/// Among that type's nodes the one is preferred that has the longest part of the prompt in its
/// cache, unless it is overloaded; then the next one on a ring.
///
/// Overloaded means more than 1.25 times the average share, once a quarter of the node's own slots is
/// taken: consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam 2016,
/// arXiv:1608.01350), so that a beginning that all prompts share makes no hot spot.
struct CognitiveAffinity: NodeStrategy {
  /// Looks along the ring before the least loaded node is taken. The expected number with a bound
  /// of 1 + e is O(1/e^2) whatever the number of nodes (ibid.).
  private static let ringSteps = 16

  /// The types' places in the settings, the smallest context first.
  private let bySize: [Int]
  /// Tokens that a slot of each type holds; 0 where that is not known.
  private let contexts: [Int]
  private var rings = [HashRing](repeating: HashRing(), count: TypeMask.otherIndex + 1)
  private var table = PrefixTable()
  /// By place, a number for each node's stay: the table may name one that is gone.
  private var numberAt: [UInt32] = []
  private var lastNumber: UInt32 = 0

  init(types: [ClusterSettings.NodeType]) {
    contexts = types.map(\.contextSize)
    bySize = types.indices.sorted {
      (types[$0].contextSize, $0) < (types[$1].contextSize, $1)
    }
  }

  // MARK: The type

  /// Types whose slots are known to be too small are out, as long as there is a larger one.
  func types(for prompt: PromptDigest) -> TypeMask {
    var mask = TypeMask(bits: 0)
    let need = prompt.estimatedTokens + prompt.maxTokens
    for (index, context) in contexts.enumerated() where context == 0 || need <= context {
      mask.insert(index)
    }
    if mask.isEmpty { return .all }
    mask.insert(TypeMask.otherIndex)
    return mask
  }

  /// The smallest type of whose slot the prompt takes half or less. Code and conversations, which
  /// ask more of a model, count twice.
  private func preferred(for prompt: PromptDigest) -> Int {
    let isHard = prompt.kind == .code || prompt.kind == .conversation
    let weight = prompt.estimatedTokens * (isHard ? 4 : 2)
    for (rank, index) in bySize.enumerated()
    where contexts[index] == 0 || weight <= contexts[index] { return rank }
    return max(0, bySize.count - 1)
  }

  // MARK: The node

  func pick(
    for prompt: PromptDigest, among types: TypeMask, of nodes: FreeNodes,
    using random: inout SplitMix64
  ) -> Int? {
    let free = types.intersection(nodes.available)
    if free.isEmpty { return nil }
    // The type that suits, then larger ones, then smaller ones, then those of guests.
    let rank = preferred(for: prompt)
    for index in bySize[min(rank, bySize.count)...] where free.contains(min(index, 63)) {
      return pick(for: prompt, in: min(index, 63), of: nodes)
    }
    for index in bySize[..<min(rank, bySize.count)].reversed()
    where free.contains(min(index, 63)) {
      return pick(for: prompt, in: min(index, 63), of: nodes)
    }
    return nodes.leastLoaded(among: free)
  }

  private func pick(for prompt: PromptDigest, in type: Int, of nodes: FreeNodes) -> Int? {
    let all = nodes.load(ofType: type)
    func isFit(_ place: Int) -> Bool {
      guard nodes.hasFreeSlot(place) else { return false }
      let own = nodes.load(of: place)
      if own.running * 4 < own.slots { return true }
      // running < 1.25 x (all running, this one included) x (its share of the slots)
      return own.running * all.slots * 4 < (all.running + 1) * own.slots * 5
    }
    for hash in prompt.prefixes.reversed() {
      guard let holder = table.holder(of: hash) else { continue }
      let place = Int(holder.place)
      if place < numberAt.count, numberAt[place] == holder.number,
        nodes.group(of: place) == type, isFit(place)
      {
        return place
      }
    }
    if let first = prompt.prefixes.first,
      let place = rings[type].first(behind: first, steps: Self.ringSteps, where: isFit)
    {
      return place
    }
    return nodes.leastLoaded(among: TypeMask(only: type))
  }

  mutating func sent(_ prompt: PromptDigest, to place: Int) {
    let holder = PrefixTable.Holder(number: numberAt[place], place: UInt32(place))
    for hash in prompt.prefixes { table.set(hash, to: holder) }
  }

  // MARK: Who is there

  mutating func joined(_ name: String, type: Int, at place: Int) {
    while numberAt.count <= place { numberAt.append(0) }
    // What a node computed in an earlier life is gone with it.
    lastNumber &+= 1
    numberAt[place] = lastNumber
    rings[type].insert(name, at: place)
  }

  mutating func left(_ name: String, type: Int, at place: Int) {
    numberAt[place] = 0
    rings[type].remove(name, at: place)
  }

  mutating func moved(_ name: String, type: Int, from old: Int, to new: Int) {
    guard old < numberAt.count, numberAt[old] != 0 else { return }
    while numberAt.count <= new { numberAt.append(0) }
    numberAt[new] = numberAt[old]
    numberAt[old] = 0
    rings[type].move(name, from: old, to: new)
  }
}
