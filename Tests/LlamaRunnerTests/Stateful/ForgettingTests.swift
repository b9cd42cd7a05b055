import Testing

@testable import LlamaRunner

/// What is left after `gcContext`, against a fresh evaluation of the same tokens.
@Suite struct ForgettingTests {
  let model: Model

  init() throws { model = try TestModel.load() }

  static let questions = [
    "What is a cluster?", "What is a load balancer?", "How does a worker join?",
    "What does least-loaded mean?", "What is a token?",
  ]

  /// A runner that has answered them all.
  func runner(_ options: StatefulOptions) throws -> LlamaRunner {
    let runner = LlamaRunner(model: model)
    try runner.initStateful(TestModel.greedy(maxTokens: 40), options: options)
    for question in Self.questions { try runner.generateStateful(question) }
    return runner
  }

  /// The logits after the conversation's tokens, as its own memory has them.
  func logits(_ runner: LlamaRunner) throws -> [Float] {
    try runner.withConversation { (conversation) throws(LlamaError) in
      _ = try conversation.memory.hold(conversation.tokens)
      return conversation.memory.logits
    }
  }

  func freshLogits(_ tokens: [Token]) throws -> [Float] {
    var decoder = try TokenDecoder(model: model, contextSize: model.contextLength)
    try decoder.decode(Tokens.buildBatch(tokens, startPosition: 0))
    return decoder.logits
  }

  func distance(_ left: [Float], _ right: [Float]) -> Float {
    zip(left, right).map { abs($0 - $1) }.max() ?? .infinity
  }

  @Test(arguments: [ForgettingMethod.reevaluate, .shift], [nil, "Be brief and say no more."])
  func positionsFollowTheTokens(method: ForgettingMethod, system: String?) throws {
    let runner = try runner(StatefulOptions(system: system))
    try runner.gcContext(keepRecent: 100, method: method)
    let state = try runner.withConversation { (conversation) throws(LlamaError) in
      (conversation.memory.tokens, conversation.memory.end, conversation.tokens)
    }
    #expect(state.0.count == state.1)
    #expect(state.2.starts(with: state.0))
    #expect(state.2.count - state.0.count <= 1)
    try runner.generateStateful("What is a node?")
    let after = try runner.withConversation { (conversation) throws(LlamaError) in
      (conversation.memory.tokens.count, conversation.memory.end)
    }
    #expect(after.0 == after.1)
  }

  @Test(arguments: [nil, "Be brief and say no more."])
  func wholeRecentTurnsStayBehindTheSystemMessage(system: String?) throws {
    let runner = try runner(StatefulOptions(system: system))
    let before = try runner.contextMessages()
    let head = system.map { [ChatMessage(role: "system", content: $0)] } ?? []
    let frame = try model.tokenize(
      model.chatPrompt(head + [ChatMessage(role: "user", content: "")]))
    for keepRecent in [10_000, 150, 120, 100, 80] {
      try runner.gcContext(keepRecent: keepRecent)
      let after = try runner.contextMessages()
      let used = try runner.contextInfo().usedTokens
      #expect(used - frame.count <= keepRecent)
      #expect(after == head + before.suffix(after.count - head.count))
      #expect(after.dropFirst(head.count).first?.role == "user")
      if keepRecent == 10_000 { #expect(after == before) }
      #expect(
        try TestModel.texts(runner.contextTokens(), model)
          == model.tokenize(model.chatPrompt(Array(after.dropLast())))
          + model.tokenize(after.last!.content, addSpecial: false))
    }
    #expect(try runner.contextMessages().count < before.count)
  }

  @Test(arguments: [StatefulOptions.Format.chat, .plain])
  func reevaluatedIsWhatAFreshContextComputes(format: StatefulOptions.Format) throws {
    let runner = try runner(StatefulOptions(format: format, system: "Be brief."))
    let before = try runner.contextTokens()
    try runner.gcContext(keepRecent: before.count / 2)
    let tokens = try runner.contextTokens()
    #expect(tokens.count < before.count)
    #expect(try logits(runner) == freshLogits(tokens))
    let prompt =
      try tokens
      + model.tokenize(
        format == .plain
          ? "What is a node?"
          : "<|im_end|>\n<|im_start|>user\nWhat is a node?<|im_end|>\n<|im_start|>assistant\n",
        addSpecial: false)
    let fresh = try runner.generateStateless(prompt, params: TestModel.greedy(maxTokens: 40))
    #expect(try runner.generateStateful("What is a node?") == fresh)
  }

  @Test func shiftedCellsKeepATraceOfWhatWasDropped() throws {
    let options = StatefulOptions(system: "Be brief.")
    let shifted = try runner(options)
    try shifted.gcContext(keepRecent: 120, method: .shift)
    let reevaluated = try runner(options)
    try reevaluated.gcContext(keepRecent: 120)
    let tokens = try shifted.contextTokens()
    #expect(tokens == (try reevaluated.contextTokens()))
    let fresh = try freshLogits(tokens)
    #expect(try logits(reevaluated) == fresh)
    #expect(distance(try logits(shifted), fresh) > 0.1)
  }

  @Test func shiftingComputesNothing() throws {
    let runner = try runner(StatefulOptions(system: "Be brief."))
    let before = try runner.withConversation { $0.memory.tokens }
    try runner.gcContext(keepRecent: 120, method: .shift)
    let after = try runner.withConversation { $0.memory.tokens }
    // The last answer's last token was never computed, and still is not.
    #expect(after.last == before.last)
    #expect(after.count == (try runner.contextTokens()).count - 1)
    #expect(try runner.withConversation { $0.memory.logits }.isEmpty)
  }

  @Test func aTurnThatIsTooLongAloneLosesItsBeginning() throws {
    let runner = try runner(StatefulOptions(system: "Be brief."))
    let frame = try runner.withConversation { $0.frame.count }
    let question = (1...60).map { "word\($0)" }.joined(separator: " ")
    let answer = try runner.generateStateful(question, maxTokens: 12)
    try runner.gcContext(keepRecent: 60)
    var messages = try runner.contextMessages()
    #expect(messages.count == 3)
    #expect(question.hasSuffix(messages[1].content))
    #expect(!messages[1].content.isEmpty)
    #expect(messages[2].content == answer.text)
    #expect(try runner.contextInfo().usedTokens - frame <= 60)
    try runner.gcContext(keepRecent: 5)
    messages = try runner.contextMessages()
    #expect(messages[1].content == "")
    #expect(answer.text.hasSuffix(messages[2].content))
    #expect(try runner.contextInfo().usedTokens - frame <= 5)
    #expect(try logits(runner) == freshLogits(runner.contextTokens()))
    try runner.generateStateful("Go on.")
  }

  @Test func keepingNothingKeepsTheSystemMessage() throws {
    let runner = try runner(StatefulOptions(system: "Be brief."))
    try runner.gcContext(keepRecent: 0)
    #expect(try runner.contextMessages() == [ChatMessage(role: "system", content: "Be brief.")])
    #expect(try runner.contextInfo().usedTokens == 0)
    let fresh = LlamaRunner(model: model)
    try fresh.initStateful(
      TestModel.greedy(maxTokens: 40), options: StatefulOptions(system: "Be brief."))
    #expect(
      try runner.generateStateful("What is a node?") == fresh.generateStateful("What is a node?"))
  }

  @Test func plainTextKeepsItsBeginningAndItsEnd() throws {
    let runner = try runner(StatefulOptions(format: .plain, system: "About clusters. "))
    let before = try runner.contextTokens()
    let frame = try model.tokenize("About clusters. ")
    try runner.gcContext(keepRecent: 50)
    #expect(try runner.contextTokens() == frame + before.suffix(50))
  }
}
