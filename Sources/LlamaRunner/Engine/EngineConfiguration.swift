/// The sizes of an engine.
public struct EngineConfiguration: Sendable, Equatable {
  /// Requests that generate at once, each a sequence of the batch; 1 to 256.
  public var slots: Int
  /// Tokens of prompt and answer per slot; the engine takes the model's own length where that is
  /// smaller. At least 2.
  public var contextSize: Int
  /// Most tokens of one decode: it bounds how long a prompt's chunk holds up the streams.
  /// At least `slots`.
  public var batchSize: Int
  /// Most tokens computed at once: the compute buffers grow with it. Up to `batchSize`.
  public var microBatchSize: Int
  /// CPU threads for decodes of single tokens, 1 to 512.
  public var threads: Int
  /// CPU threads for decodes with prompts, 1 to 512.
  public var batchThreads: Int
  /// Most requests that wait for a slot.
  public var queueLimit: Int

  /// One thread and buffers for a machine that many engines share.
  public init(
    slots: Int = 4, contextSize: Int = 512, batchSize: Int = 128, microBatchSize: Int? = nil,
    threads: Int = 1, batchThreads: Int = 1, queueLimit: Int = 256
  ) {
    self.slots = slots
    self.contextSize = contextSize
    self.batchSize = batchSize
    self.microBatchSize = microBatchSize ?? batchSize
    self.threads = threads
    self.batchThreads = batchThreads
    self.queueLimit = queueLimit
  }

  /// Refuses what is out of range.
  ///
  /// - Throws: `invalid_parameter` naming the field and its range.
  public func validate() throws(LlamaError) {
    try check(slots, in: 1...256, "slots")
    try check(contextSize, in: 2...(1 << 22), "context_size")
    try check(batchSize, in: slots...(1 << 16), "batch_size")
    try check(microBatchSize, in: 1...batchSize, "micro_batch_size")
    try check(threads, in: threadRange, "threads")
    try check(batchThreads, in: threadRange, "batch_threads")
    try check(queueLimit, in: 0...(1 << 20), "queue_limit")
  }
}
