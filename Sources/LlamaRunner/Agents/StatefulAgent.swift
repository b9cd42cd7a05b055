/// Answers with the conversation in view, and forgets its beginning by itself when the context
/// fills. Queries from several threads are taken one after the other.
public struct StatefulAgent: Sendable {
  /// The runner, whose conversation is the agent's.
  public let runner: LlamaRunner
  /// Percent of the context past which the beginning is forgotten before the next query.
  public let contextLimit: Double
  /// Tokens of turns that are kept then; never more than half of the context.
  public let keepRecent: Int
  /// Most tokens of an answer.
  public let maxTokens: Int

  /// Loads the model and begins a conversation.
  ///
  /// - Throws: what loading and `initStateful` throw.
  public init(
    modelPath: String, params: GenerationParams = GenerationParams(maxTokens: 200),
    options: StatefulOptions = StatefulOptions(), contextLimit: Double = 75, keepRecent: Int = 500
  ) throws(LlamaError) {
    try self.init(
      runner: LlamaRunner(modelPath: modelPath), params: params, options: options,
      contextLimit: contextLimit, keepRecent: keepRecent)
  }

  /// Begins a conversation with a model that is loaded.
  ///
  /// - Throws: what `initStateful` throws; `invalid_parameter` where the limit is not from 0 to
  ///   100 or `keepRecent` is negative.
  public init(
    runner: LlamaRunner, params: GenerationParams = GenerationParams(maxTokens: 200),
    options: StatefulOptions = StatefulOptions(), contextLimit: Double = 75, keepRecent: Int = 500
  ) throws(LlamaError) {
    try check(contextLimit, in: 0...100, "context_limit")
    try check(keepRecent, in: 0...Int(Int32.max), "keep_recent")
    try runner.initStateful(params, options: options)
    self.runner = runner
    self.contextLimit = contextLimit
    self.keepRecent = keepRecent
    maxTokens = params.maxTokens
  }

  /// The answer to a query.
  ///
  /// - Throws: what `respond` throws.
  public func process(_ query: String) throws(LlamaError) -> String {
    try respond(query).text
  }

  /// The answer to a query with all that is known of it. Where the context is used past the limit,
  /// or has no room for the query, the conversation's beginning is forgotten first.
  ///
  /// - Parameter onText: as `generateStateful` has it.
  /// - Throws: what `generateStateful` throws, but `context_full`.
  public func respond(
    _ query: String, onText: (String) -> Bool = { _ in true }
  ) throws(LlamaError) -> Generation {
    let info = try runner.contextInfo()
    let kept = min(keepRecent, info.totalCapacity / 2)
    if info.usagePercent > contextLimit { try runner.gcContext(keepRecent: kept) }
    do {
      return try runner.generateStateful(query, maxTokens: maxTokens, onText: onText)
    } catch {
      guard error.code == .contextFull else { throw error }
      try runner.gcContext(keepRecent: kept)
    }
    do {
      return try runner.generateStateful(query, maxTokens: maxTokens, onText: onText)
    } catch {
      guard error.code == .contextFull else { throw error }
      try runner.clearContext()
    }
    return try runner.generateStateful(query, maxTokens: maxTokens, onText: onText)
  }

  /// Forgets the conversation, but for its system message.
  ///
  /// - Throws: `not_initialized`.
  public func reset() throws(LlamaError) { try runner.clearContext() }
}
