extension DecodeLoop {
  func run(_ errand: Mailbox.Errand) {
    switch errand {
    case .save(let tokens, let done):
      done(Result { () throws(LlamaError) in try save(beginning: tokens) })
    case .restore(let state, let done):
      done(Result { () throws(LlamaError) in try restore(state) })
    case .handOver(let request, let done):
      done(Result { () throws(LlamaError) in try handOver(request) })
    }
  }

  /// The state of the slot that holds most of the tokens' beginning; nil where none holds any.
  private func save(beginning tokens: [Token]) throws(LlamaError) -> SequenceState? {
    var best: (slot: Int, held: [Token], shared: Int)?
    for slot in slots.indices {
      let held =
        slots[slot]?.computedTokens
        ?? Array(contents[slot].tokens.prefix(contents[slot].computed))
      let shared = PrefixPlanner.commonPrefix(tokens, held)
      if shared > best?.shared ?? 0 { best = (slot, held, shared) }
    }
    guard let best else { return nil }
    return try core.context.state(of: best.slot, holding: best.held, model: core.model)
  }

  /// The state of a running request's slot; nil where it would be computed anew more quickly.
  private func handOver(_ request: UInt64) throws(LlamaError) -> SequenceState? {
    guard let slot = slots.firstIndex(where: { $0?.request.id == request }),
      let tokens = slots[slot]?.computedTokens, let computing = prefill.time(for: tokens.count)
    else { return nil }
    let bytes = core.context.stateSize(of: slot)
    guard bytes > 0, computing > SequenceState.timeToCarry(bytes) else { return nil }
    return try core.context.state(of: slot, holding: tokens, model: core.model)
  }

  /// Puts a state into an idle slot that was not used for long.
  private func restore(_ state: SequenceState) throws(LlamaError) {
    try core.context.check(state, model: core.model, capacity: core.contextSize)
    guard contents.contains(where: { !$0.isBusy }) else {
      throw LlamaError(.queueFull, "all \(contents.count) slots are taken")
    }
    let slot = PrefixPlanner.givesWay(among: contents)
    forget(slot)
    try core.context.restore(state, in: slot)
    nextOrder += 1
    contents[slot] = SlotContents(
      tokens: state.tokens, computed: state.tokens.count, isBusy: false, lastUsed: nextOrder)
  }
}
