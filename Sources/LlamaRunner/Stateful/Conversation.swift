/// A conversation and the memory that follows it.
///
/// `tokens` is the truth. The memory catches up with it when an answer is computed, so a call that
/// fails half-way leaves the conversation as it was.
struct Conversation: ~Copyable, Sendable {
  let model: Model
  let params: GenerationParams
  let isChat: Bool
  let system: String?
  var memory: SequenceMemory
  /// What stands before the first turn; in a chat, with an empty user's message.
  let frame: [Token]

  /// One question and its answer.
  struct Turn: Sendable {
    var question: String
    var answer: String
    /// Where the answer begins in `tokens` and in the UTF-8 of `text`; nil where a template that
    /// rewrites earlier turns moved it.
    var answerStart: (token: Int, byte: Int)?
  }
  var turns: [Turn]
  /// The tokens of all turns.
  var tokens: [Token]
  /// Their text, with the template's marks.
  var text: String

  init(
    model: Model, params: GenerationParams, options: StatefulOptions
  ) throws(LlamaError) {
    try params.validate()
    let capacity =
      options.contextSize ?? min(model.contextLength, StatefulOptions.defaultContextSize)
    try check(capacity, in: 2...max(2, model.contextLength), "context_size")
    let isChat =
      switch options.format {
      case .automatic: model.hasChatTemplate
      case .chat: true
      case .plain: false
      }
    let frame =
      isChat
      ? try model.tokenize(model.chatPrompt(Self.messages(options.system, [], question: "")))
      : try model.tokenize(options.system ?? "")
    guard frame.count < capacity else {
      throw LlamaError(
        .promptTooLong,
        "the system message has \(frame.count) tokens; the context holds \(capacity)")
    }
    memory = try SequenceMemory(model: model, capacity: capacity, params: params)
    self.model = model
    self.params = params
    self.isChat = isChat
    self.frame = frame
    system = options.system
    turns = []
    tokens = []
    text = ""
  }

  var info: ContextInfo {
    ContextInfo(usedTokens: tokens.count, totalCapacity: memory.capacity)
  }

  var messages: [ChatMessage] { Self.messages(system, turns[...], question: nil) }

  static func messages(
    _ system: String?, _ turns: ArraySlice<Turn>, question: String?
  ) -> [ChatMessage] {
    var messages = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
    for turn in turns {
      messages.append(ChatMessage(role: "user", content: turn.question))
      messages.append(ChatMessage(role: "assistant", content: turn.answer))
    }
    if let question { messages.append(ChatMessage(role: "user", content: question)) }
    return messages
  }

  /// Answers. The turn is kept with as much of an answer as there is, but not where `proceed`
  /// ended it before the first token.
  ///
  /// - Parameter proceed: given each part of the answer, and "" before each batch of the prompt;
  ///   says whether to go on.
  mutating func generate(
    _ question: String, maxTokens: Int, sampler: borrowing TokenSampler,
    proceed: (String) -> Bool
  ) throws(LlamaError) -> Generation {
    let prompt = try prompt(question)
    try checkRoom(for: prompt, question: question)
    guard try memory.hold(prompt.tokens, while: { proceed("") }) else {
      return Generation(
        text: "", tokens: [], promptTokens: prompt.tokens.count, finishReason: .cancelled)
    }
    sampler.sampler.lookBack(at: prompt.tokens)
    var answer = try AnswerBuilder(
      model: model, sampler: sampler.sampler, stops: sampler.stops,
      limit: min(maxTokens, memory.capacity - prompt.tokens.count))
    var parts: [AnswerPart] = []
    while let token = try memory.draw(&answer, into: &parts) {
      guard proceed(takeText(of: &parts)) else {
        answer.end(.cancelled, into: &parts)
        break
      }
      try memory.append([token])
    }
    _ = proceed(takeText(of: &parts))
    let generation = Generation(answer, promptTokens: prompt.tokens.count)
    // Of tokens that a stop string cut, the text that is left is what was said.
    let said =
      answer.wasCut ? try model.tokenize(answer.text, addSpecial: false) : generation.tokens
    commit(question, prompt, generation.text, said)
    return generation
  }

  /// Forgets every turn.
  mutating func clear() {
    turns = []
    tokens = []
    text = ""
    memory.clear()
  }

  private struct Prompt {
    var tokens: [Token]
    var text: String
    /// Whether the tokens of the turns before stay as they are.
    var continues: Bool
  }

  private func prompt(_ question: String) throws(LlamaError) -> Prompt {
    guard !question.isEmpty else { throw LlamaError(.promptEmpty, "the prompt is empty") }
    guard isChat else {
      let new = try model.tokenize(question, addSpecial: false)
      return Prompt(
        tokens: (tokens.isEmpty ? frame : tokens) + new, text: text + question, continues: true)
    }
    let whole = try model.chatPrompt(Self.messages(system, turns[...], question: question))
    guard !turns.isEmpty, whole.utf8.starts(with: text.utf8) else {
      return Prompt(tokens: try model.tokenize(whole), text: whole, continues: turns.isEmpty)
    }
    let new = String(decoding: whole.utf8.dropFirst(text.utf8.count), as: UTF8.self)
    return Prompt(
      tokens: tokens + (try model.tokenize(new, addSpecial: false)), text: whole, continues: true)
  }

  private func checkRoom(for prompt: Prompt, question: String) throws(LlamaError) {
    let capacity = memory.capacity
    if prompt.tokens.count < capacity { return try model.checkTokens(prompt.tokens) }
    let alone = frame.count + (try model.tokenize(question, addSpecial: false)).count
    guard alone < capacity else {
      throw LlamaError(
        .promptTooLong,
        "the prompt has \(alone) tokens with the system message; the context holds \(capacity) "
          + "and needs room for an answer")
    }
    throw LlamaError(
      .contextFull,
      "the conversation would have \(prompt.tokens.count) tokens; the context holds \(capacity) "
        + "and needs room for an answer: gcContext or clearContext makes room")
  }

  private func takeText(of parts: inout [AnswerPart]) -> String {
    defer { parts.removeAll(keepingCapacity: true) }
    return parts.reduce(into: "") { $0 += $1.text }
  }

  private mutating func commit(
    _ question: String, _ prompt: Prompt, _ answer: String, _ answerTokens: [Token]
  ) {
    if !prompt.continues {
      for index in turns.indices { turns[index].answerStart = nil }
    }
    turns.append(
      Turn(
        question: question, answer: answer,
        answerStart: (prompt.tokens.count, prompt.text.utf8.count)))
    tokens = prompt.tokens + answerTokens
    text = prompt.text + answer
  }
}
