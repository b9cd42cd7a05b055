/// A context of one sequence, and the tokens whose cells it holds: the token at index i has
/// position i.
struct SequenceMemory: ~Copyable, Sendable {
  private let context: LlamaContext
  private let model: Model
  private let batchSize: Int
  /// Most tokens that it holds.
  let capacity: Int
  private(set) var tokens: [Token]
  /// The last batch's place of the last token, whose logits it has; nil where they are gone.
  private var last: Int?

  init(model: Model, capacity: Int, params: GenerationParams) throws(LlamaError) {
    let batchSize = min(LlamaRunner.batchSize, capacity)
    context = try LlamaContext(
      model: model,
      options: .init(
        contextSize: capacity, batchSize: batchSize, microBatchSize: batchSize,
        threads: params.threads ?? ThreadDefaults.generation,
        batchThreads: params.batchThreads ?? params.threads ?? ThreadDefaults.prompt,
        shifts: true))
    self.model = model
    self.batchSize = batchSize
    self.capacity = capacity
    tokens = []
    last = nil
  }

  /// Makes it hold `wanted`, at most `capacity` tokens, and the logits after the last of them.
  /// What both begin with is kept, the rest is computed.
  ///
  /// - Parameter proceed: asked before each batch whether to go on.
  /// - Returns: false where `proceed` said no; the memory then holds a beginning.
  mutating func hold(
    _ wanted: [Token], while proceed: () -> Bool = { true }
  ) throws(LlamaError) -> Bool {
    if wanted.isEmpty {
      clear()
      return true
    }
    if last != nil, tokens == wanted { return true }
    keep(min(commonPrefix(wanted), wanted.count - 1))
    while tokens.count < wanted.count {
      guard proceed() else { return false }
      try decode(Array(wanted[tokens.count...].prefix(batchSize)), isLast: true)
    }
    return true
  }

  /// Makes it hold `wanted` without computing anything, by dropping a stretch of cells and moving
  /// those behind it; false, and nothing changed, where that does not do.
  mutating func shift(to wanted: [Token]) -> Bool {
    let dropped = tokens.count - wanted.count
    let prefix = commonPrefix(wanted)
    guard dropped > 0, context.canShift, tokens[(prefix + dropped)...] == wanted[prefix...],
      context.remove(prefix..<prefix + dropped, sequence: 0)
    else { return false }
    let moved = context.shift(prefix + dropped..<tokens.count, by: -dropped, sequence: 0)
    last = nil
    if moved { tokens = wanted } else { clear() }
    return moved
  }

  /// Computes tokens behind those held.
  mutating func append(_ new: [Token]) throws(LlamaError) {
    var rest = new[...]
    while !rest.isEmpty {
      try decode(Array(rest.prefix(batchSize)), isLast: rest.count <= batchSize)
      rest = rest.dropFirst(batchSize)
    }
  }

  /// Forgets all but the first `count` tokens.
  mutating func keep(_ count: Int) {
    guard count < tokens.count else { return }
    last = nil
    guard count > 0, context.remove(count..<tokens.count, sequence: 0) else { return clear() }
    tokens.removeLast(tokens.count - count)
  }

  mutating func clear() {
    context.clear(sequence: 0)
    tokens.removeAll()
    last = nil
  }

  /// The next token.
  ///
  /// - Throws: `decode_failed` where nothing was computed.
  func draw(_ sampler: Sampler) throws(LlamaError) -> Sampler.Draw {
    try sampler.draw(from: context, at: try place())
  }

  /// An answer's next token, as `AnswerBuilder.draw` puts it.
  func draw(
    _ answer: inout AnswerBuilder, into parts: inout [AnswerPart]
  ) throws(LlamaError) -> Token? {
    try answer.draw(from: context, at: try place(), into: &parts)
  }

  private func place() throws(LlamaError) -> Int {
    guard let last else { throw LlamaError(.decodeFailed, "nothing was computed to draw from") }
    return last
  }

  /// One number a token of the vocabulary; empty where nothing was computed.
  var logits: [Float] {
    last.map { context.logits(at: $0, count: model.vocabularySize) } ?? []
  }

  /// What it holds, with the owner's note.
  mutating func save(note: [UInt8]) throws(LlamaError) -> SequenceState {
    // Cells that were shifted are moved when something is decoded: the last token anew.
    if !context.isSettled { _ = try hold(tokens) }
    return try context.state(of: 0, holding: tokens, note: note, model: model)
  }

  /// Refuses a state that does not fit.
  func check(_ state: SequenceState) throws(LlamaError) {
    try context.check(state, model: model, capacity: capacity)
  }

  /// Holds what a state holds, in place of what there was; nothing where that fails.
  mutating func restore(_ state: SequenceState) throws(LlamaError) {
    // What is still to be shifted must not shift the cells that come: a token of whatever meaning
    // is decoded first.
    clear()
    if !context.isSettled { _ = try hold([0]) }
    clear()
    try context.restore(state, in: 0)
    tokens = state.tokens
  }

  /// The position after the last cell in llama.cpp's own count.
  var end: Int { context.end(sequence: 0) }

  private func commonPrefix(_ other: [Token]) -> Int {
    zip(tokens, other).prefix { $0 == $1 }.count
  }

  /// Computes one batch. Of one that fails nothing stays.
  private mutating func decode(_ batch: [Token], isLast: Bool) throws(LlamaError) {
    context.clearBatch()
    for (offset, token) in batch.enumerated() {
      context.add(
        token, position: tokens.count + offset, sequence: 0,
        wantsLogits: isLast && offset == batch.count - 1)
    }
    last = nil
    do {
      try context.decode()
    } catch {
      if !context.remove(tokens.count..<capacity, sequence: 0) { clear() }
      throw error
    }
    tokens += batch
    if isLast { last = batch.count - 1 }
  }
}
