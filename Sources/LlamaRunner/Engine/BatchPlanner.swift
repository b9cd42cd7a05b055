/// What a slot needs of the next decode.
enum SlotWork: Equatable {
  case idle
  /// `remaining` prompt tokens are not computed yet; a smaller `order` came first.
  case prefill(remaining: Int, order: UInt64)
  /// One token was sampled and is to be computed.
  case generate
}

/// A slot's share of a decode: its next `count` tokens.
struct BatchPart: Equatable {
  var slot: Int
  var count: Int
  /// Whether the last of them is to yield logits, for the next token to be sampled.
  var wantsLogits: Bool
}

/// Decides what goes into a decode: first one token for every slot that generates, so that no
/// prompt stalls a stream, then prompts in the order they came, as far as the batch has room.
struct BatchPlanner {
  /// Most tokens of one decode; no fewer than there are slots.
  let batchSize: Int

  /// Replaces `parts` by the next decode's; empty where no slot has work.
  func plan(_ slots: [SlotWork], into parts: inout [BatchPart]) {
    parts.removeAll(keepingCapacity: true)
    var room = batchSize
    for (slot, work) in slots.enumerated() where work == .generate {
      parts.append(BatchPart(slot: slot, count: 1, wantsLogits: true))
      room -= 1
    }
    precondition(room >= 0, "more slots than the batch has room for")
    var after: UInt64?
    while room > 0, let next = Self.oldestPrefill(slots, after: after) {
      let count = min(room, next.remaining)
      parts.append(
        BatchPart(slot: next.slot, count: count, wantsLogits: count == next.remaining))
      room -= count
      after = next.order
    }
  }

  private static func oldestPrefill(
    _ slots: [SlotWork], after: UInt64?
  ) -> (slot: Int, remaining: Int, order: UInt64)? {
    var oldest: (slot: Int, remaining: Int, order: UInt64)?
    for (slot, work) in slots.enumerated() {
      guard case .prefill(let remaining, let order) = work else { continue }
      if let after, order <= after { continue }
      if let oldest, oldest.order < order { continue }
      oldest = (slot, remaining, order)
    }
    return oldest
  }
}
