/// What a slot's stream of cells holds: computed tokens of the request that runs there or ran last.
struct SlotContents: Equatable {
  /// Those of the running request's prompt, also before they are computed, or those left behind.
  var tokens: [Token] = []
  /// How many of them have cells.
  var computed = 0
  var isBusy = false
  /// Grows with each request that gets a slot; 0 for a slot never used.
  var lastUsed: UInt64 = 0
}

/// Decides where a request runs, so that tokens which some slot has computed already are not
/// computed again.
///
/// Each slot has a stream of cells of its own. A prompt that continues what an idle slot holds runs
/// there and keeps its beginning; one that shares its beginning with another slot has that slot's
/// stream copied. Of the idle slots that were used longest ago the one gives way whose neighbours
/// share a graph with it.
enum PrefixPlanner {
  /// Tokens that are worth a copy of a stream, or waiting for another slot to compute them.
  static let worthwhile = 16

  enum Placement: Equatable {
    /// Every slot is busy.
    case full
    /// A running slot is about to compute a beginning that this request shares.
    case wait
    /// Run in `slot` with the first `reused` tokens in place, copied from another slot if named.
    case run(slot: Int, reused: Int, copiedFrom: Int?)
  }

  static func place(_ tokens: [Token], among slots: [SlotContents]) -> Placement {
    guard slots.contains(where: { !$0.isBusy }) else { return .full }
    // The last token is always computed, for its logits.
    let most = tokens.count - 1
    var now = 0
    var source = 0
    var later = 0
    var matches = [Int](repeating: 0, count: slots.count)
    for (slot, contents) in slots.enumerated() {
      let shared = min(commonPrefix(tokens, contents.tokens), most)
      matches[slot] = min(shared, contents.computed)
      if matches[slot] > now {
        now = matches[slot]
        source = slot
      }
      if contents.isBusy { later = max(later, shared) }
    }
    if later >= now + worthwhile { return .wait }
    if now > 0, !slots[source].isBusy, 2 * now >= slots[source].computed {
      return .run(slot: source, reused: now, copiedFrom: nil)
    }
    let target = givesWay(among: slots)
    guard now >= worthwhile, source != target else {
      return .run(slot: target, reused: matches[target], copiedFrom: nil)
    }
    return .run(slot: target, reused: now, copiedFrom: source)
  }

  /// The idle slot that a request without a beginning gets; there must be one. It is of that half
  /// of them which was used longest ago, so that what a conversation may soon go on with stays, and
  /// the one there that costs the busy slots least.
  static func givesWay(among slots: [SlotContents]) -> Int {
    let idle = slots.indices.filter { !slots[$0].isBusy }
      .sorted { (slots[$0].lastUsed, $0) < (slots[$1].lastUsed, $1) }
    let old = idle.prefix((idle.count + 1) / 2)
    func cost(_ candidate: Int) -> Int {
      SlotGraphs.cost(busy: { slots[$0].isBusy || $0 == candidate }, count: slots.count)
    }
    guard var best = old.first else { preconditionFailure("no slot is idle") }
    guard idle.count < slots.count else { return best }
    var least = cost(best)
    for candidate in old.dropFirst() {
      let cost = cost(candidate)
      if cost < least { (best, least) = (candidate, cost) }
    }
    return best
  }

  /// How many tokens both begin with.
  static func commonPrefix(_ left: [Token], _ right: [Token]) -> Int {
    let most = min(left.count, right.count)
    return left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        var count = 0
        while count < most, left[count] == right[count] { count += 1 }
        return count
      }
    }
  }
}
