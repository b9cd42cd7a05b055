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
/// stream copied. Of idle slots the one least recently used gives way.
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
    let target = leastRecentlyUsed(slots)
    guard now >= worthwhile, source != target else {
      return .run(slot: target, reused: matches[target], copiedFrom: nil)
    }
    return .run(slot: target, reused: now, copiedFrom: source)
  }

  /// The idle slot that was used longest ago; there must be one.
  static func leastRecentlyUsed(_ slots: [SlotContents]) -> Int {
    var oldest: Int?
    for (slot, contents) in slots.enumerated() where !contents.isBusy {
      if let oldest, slots[oldest].lastUsed <= contents.lastUsed { continue }
      oldest = slot
    }
    guard let oldest else { preconditionFailure("no slot is idle") }
    return oldest
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
