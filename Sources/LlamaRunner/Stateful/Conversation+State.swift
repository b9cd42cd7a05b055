import LlamboJSON

extension LlamaRunner {
  /// The conversation as it stands, turns and computed tokens: `restoreState` goes on from there,
  /// also in another process.
  ///
  /// - Throws: `not_initialized`, or `decode_failed` where the memory does not give its cells.
  public func saveState() throws(LlamaError) -> SequenceState {
    try withConversation { (conversation) throws(LlamaError) in try conversation.save() }
  }

  /// Puts a saved conversation in place of the one there is. `initStateful` must have begun that
  /// with the same system message and format, for a context that holds the state's tokens.
  ///
  /// - Throws: `not_initialized`, `state_invalid` where the state is of another model or another
  ///   kind of conversation, `context_full`, `model_not_found` where the model's file cannot be
  ///   read any more. The conversation is then what it was before.
  public func restoreState(_ state: SequenceState) throws(LlamaError) {
    try withConversation { (conversation) throws(LlamaError) in try conversation.restore(state) }
  }
}

extension Conversation {
  mutating func save() throws(LlamaError) -> SequenceState {
    // What the memory has beyond the conversation is of an answer that failed.
    memory.keep(zip(memory.tokens, tokens).prefix { $0 == $1 }.count)
    return try memory.save(note: note(computed: memory.tokens.count))
  }

  mutating func restore(_ state: SequenceState) throws(LlamaError) {
    try memory.check(state)
    let kept = try Note(state.note)
    guard kept.isChat == isChat, kept.system == system else {
      throw SequenceState.invalid("it is of a conversation of another format or system message")
    }
    let all = state.tokens + kept.rest
    guard all.count <= memory.capacity else {
      throw LlamaError(
        .contextFull, "the state has \(all.count) tokens; the context holds \(memory.capacity)")
    }
    try kept.check(tokens: all.count)
    try model.checkTokens(kept.rest)
    try memory.restore(state)
    turns = kept.turns
    text = kept.text
    tokens = all
  }

  /// The turns as JSON, and the tokens that have no cells.
  private func note(computed: Int) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("chat")
    writer.value(isChat)
    if let system {
      writer.key("system")
      writer.value(system)
    }
    writer.key("text")
    writer.value(text)
    writer.key("rest")
    writer.beginArray()
    for token in tokens[computed...] { writer.value(token) }
    writer.endArray()
    writer.key("turns")
    writer.beginArray()
    for turn in turns {
      writer.beginObject()
      writer.key("question")
      writer.value(turn.question)
      writer.key("answer")
      writer.value(turn.answer)
      if let start = turn.answerStart {
        writer.key("token")
        writer.value(start.token)
        writer.key("byte")
        writer.value(start.byte)
      }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  /// What `note` says.
  private struct Note {
    var isChat: Bool
    var system: String?
    var text: String
    var rest: [Token]
    var turns: [Turn] = []

    init(_ bytes: [UInt8]) throws(LlamaError) {
      let wrong = SequenceState.invalid("it is no conversation's")
      guard let json = try? JSON.parse(bytes.span), let isChat = json["chat"]?.bool,
        let text = json["text"]?.string, let rest = json["rest"]?.array,
        let turns = json["turns"]?.array
      else { throw wrong }
      self.isChat = isChat
      self.text = text
      system = json["system"]?.string
      self.rest = rest.compactMap { $0.integer.flatMap { Token(exactly: $0) } }
      guard self.rest.count == rest.count else { throw wrong }
      for turn in turns {
        guard let question = turn["question"]?.string, let answer = turn["answer"]?.string else {
          throw wrong
        }
        let start = turn["token"]?.integer.flatMap { token in
          turn["byte"]?.integer.map { (token: token, byte: $0) }
        }
        self.turns.append(Turn(question: question, answer: answer, answerStart: start))
      }
    }

    /// Refuses places outside the conversation.
    func check(tokens: Int) throws(LlamaError) {
      let places = turns.compactMap(\.answerStart)
      guard
        places.allSatisfy({ (0...tokens) ~= $0.token && (0...text.utf8.count) ~= $0.byte }),
        turns.isEmpty || turns.last?.answerStart != nil
      else { throw SequenceState.invalid("its turns lie outside its text") }
    }
  }
}
