import CLlama

/// A llama.cpp context with its batch. One thread at a time uses it; `abort` and `interrupt` are free
/// of that.
struct LlamaContext: ~Copyable, @unchecked Sendable {
  let pointer: OpaquePointer
  /// Keeps the weights alive.
  private let model: Model

  struct Options {
    /// Tokens that each sequence can hold.
    var contextSize: Int
    var sequences = 1
    /// Most tokens of one decode.
    var batchSize: Int
    /// Most tokens computed at once.
    var microBatchSize: Int
    var threads: Int
    var batchThreads: Int
    /// Keep cells whose positions can be shifted, also where others are faster.
    var shifts = false
  }

  /// - Throws: `context_failed` with llama.cpp's own reason.
  init(model: Model, options: Options) throws(LlamaError) {
    var error = CText()
    let raw = cllama_context_options(
      context_size: UInt32(options.contextSize), sequences: UInt32(options.sequences),
      batch_size: UInt32(options.batchSize), micro_batch_size: UInt32(options.microBatchSize),
      outputs: UInt32(options.sequences), threads: Int32(options.threads),
      batch_threads: Int32(options.batchThreads), shifts: options.shifts)
    guard let pointer = cllama_context_create(model.handle.pointer, raw, &error.raw) else {
      throw LlamaError(
        .contextFailed,
        "no context of \(options.sequences) × \(options.contextSize) tokens: \(error.string)")
    }
    self.pointer = pointer
    self.model = model
  }

  deinit { cllama_context_free(pointer) }

  /// Whether single cells at the end of a sequence can be given up: not where the memory is a sum of
  /// all tokens.
  var givesUpCells: Bool { cllama_context_gives_up_cells(pointer) }

  func clearBatch() { cllama_batch_clear(pointer) }

  /// Adds a token to the batch, which must have room.
  func add(_ token: Token, position: Int, sequence: Int, wantsLogits: Bool) {
    let added = cllama_batch_add(
      pointer, token, Int32(position), Int32(sequence), wantsLogits)
    precondition(added, "the batch is full")
  }

  enum Decoded {
    case whole
    /// The cells of the batch's tokens may be there or not.
    case interrupted
  }

  /// Computes the batch.
  ///
  /// - Throws: `decode_failed` with llama.cpp's own reason, `engine_stopped` after `abort`.
  @discardableResult
  func decode() throws(LlamaError) -> Decoded {
    var error = CText()
    switch cllama_decode(pointer, &error.raw) {
    case CLLAMA_DECODED: return .whole
    case CLLAMA_DECODE_INTERRUPTED: return .interrupted
    case CLLAMA_DECODE_ABORTED: throw LlamaError(.engineStopped, "the decode was aborted")
    case CLLAMA_DECODE_NO_ROOM:
      throw LlamaError(.decodeFailed, "the context has no room: \(error.string)")
    default: throw LlamaError(.decodeFailed, error.string)
    }
  }

  /// Forgets a sequence.
  func clear(sequence: Int) { cllama_sequence_clear(pointer, Int32(sequence)) }

  /// Ends a decode that runs and every later one. Any thread may call it.
  func abort() { cllama_context_abort(pointer) }

  /// Ends a decode that runs as `interrupted`, and later ones until it is told otherwise, where the
  /// model's memory can give up single cells. Any thread may call it.
  func interrupt(_ interrupts: Bool) { cllama_context_interrupt(pointer, interrupts) }
}
