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
  /// Whether an idle slot is computed along, so that its neighbours share a graph.
  var isFiller = false
}

/// Decides what goes into a decode: first one token for every slot that generates, so that no
/// prompt stalls a stream, then prompts in the order they came, as far as the batch has room, then
/// the idle slots of short gaps.
struct BatchPlanner {
  /// Most tokens of one decode; no fewer than there are slots.
  let batchSize: Int
  /// Whether idle slots can be computed along.
  let fillsGaps: Bool

  /// Replaces `parts` by the next decode's, in the order of their slots, as those that share a graph
  /// must be; empty where no slot has work.
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
    parts.sort { $0.slot < $1.slot }
    if fillsGaps { fillGaps(of: &parts, room: room) }
  }

  private func fillGaps(of parts: inout [BatchPart], room: Int) {
    var room = room
    // Backwards, so that places before stay what they are.
    for place in parts.indices.dropFirst().reversed() {
      let gap = (parts[place - 1].slot + 1)..<parts[place].slot
      guard !gap.isEmpty, gap.count <= min(room, SlotGraphs.gapMax) else { continue }
      room -= gap.count
      parts.insert(
        contentsOf: gap.map { BatchPart(slot: $0, count: 1, wantsLogits: false, isFiller: true) },
        at: place)
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
