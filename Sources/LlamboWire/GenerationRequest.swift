import LlamboJSON

/// What `INFER` and `CHAT` ask for. What is nil is the worker's to choose.
package struct GenerationRequest: Equatable, Sendable {
  /// One turn of a conversation.
  package struct Message: Equatable, Sendable {
    package var role: String
    package var content: String

    package init(role: String, content: String) {
      self.role = role
      self.content = content
    }
  }

  package enum Input: Equatable, Sendable {
    /// `INFER`: text that the model continues as it is.
    case prompt(String)
    /// `CHAT`: turns that go through the model's chat template.
    case messages([Message])
  }

  package var input: Input
  /// The most tokens to generate, from 1.
  package var maxTokens: Int?
  /// From 0, which is greedy and deterministic, to 5.
  package var temperature: Double?
  /// The probability mass that nucleus sampling keeps, above 0 and up to 1.
  package var topP: Double?
  /// How many of the likeliest tokens sampling keeps; 0 keeps all.
  package var topK: Int?
  package var seed: UInt32?
  /// The least probability to keep, as a share of the likeliest token's, 0 to 1.
  package var minP: Double?
  /// Above 0, to 10; 1 changes nothing.
  package var repeatPenalty: Double?
  /// -10 to 10.
  package var frequencyPenalty: Double?
  /// -10 to 10.
  package var presencePenalty: Double?
  /// Tokens that the penalties look back at; -1 for all, 0 for none.
  package var repeatLastN: Int?
  /// Texts that end the answer.
  package var stop: [String] = []
  package var grammar: Grammar?
  /// Added to tokens' logits, -100 to 100.
  package var logitBias: [Int32: Double] = [:]
  /// Tell each token's log-probability, and as many of the likeliest, 0 to 20.
  package var logprobs: Int?
  /// Go on to `max_tokens` in any case.
  package var ignoreEOS = false
  /// The tokens of an answer that was begun elsewhere and goes on here.
  package var produced: [Int32] = []
  /// Several nodes are to answer, and one answer comes of theirs; for an orchestrator alone.
  package var fusion: FusionRequest?

  /// What an answer may be.
  package enum Grammar: Equatable, Sendable {
    /// Rules in llama.cpp's notation.
    case gbnf(String)
    /// Values that a JSON Schema accepts.
    case jsonSchema(JSON)
  }

  package init(_ input: Input, maxTokens: Int? = nil, temperature: Double? = nil) {
    self.input = input
    self.maxTokens = maxTokens
    self.temperature = temperature
  }

  package var verb: Verb {
    if case .prompt = input { .infer } else { .chat }
  }

  /// - Parameter verb: `infer` or `chat`.
  package init(
    verb: Verb, body: JSON, limits: WireLimits = WireLimits()
  ) throws(WireError) {
    var fields = try FieldReader(body)
    let turns = verb == .chat ? fields.value("messages") : nil
    let prompt = verb == .chat ? nil : try fields.string("prompt")
    maxTokens = try fields.integer("max_tokens", in: 1...limits.maximumTokens)
    temperature = try fields.number("temperature", in: 0...5)
    topP = try fields.number("top_p", in: 0...1)
    if topP == 0 { throw WireError(.outOfRange, "\"top_p\" must be above 0 and at most 1, not 0") }
    topK = try fields.integer("top_k", in: 0...1_000_000)
    seed = try fields.integer("seed", in: 0...Int(UInt32.max)).map { UInt32($0) }
    minP = try fields.number("min_p", in: 0...1)
    repeatPenalty = try fields.number("repeat_penalty", in: .leastNonzeroMagnitude...10)
    frequencyPenalty = try fields.number("frequency_penalty", in: -10...10)
    presencePenalty = try fields.number("presence_penalty", in: -10...10)
    repeatLastN = try fields.integer("repeat_last_n", in: -1...limits.maximumTokens)
    stop = try Self.stops(fields.value("stop"))
    grammar = try Self.grammar(&fields)
    logitBias = try Self.biases(fields.value("logit_bias"))
    logprobs = try fields.integer("logprobs", in: 0...20)
    ignoreEOS = try fields.bool("ignore_eos") ?? false
    produced = try Self.tokens(fields.value("produced"))
    if let value = fields.value("fusion") { fusion = try FusionRequest(body: value) }
    // Before what is missing: it may be there under another name.
    try fields.finish()
    if verb == .chat {
      input = .messages(try Self.messages(turns))
    } else if let prompt {
      input = .prompt(prompt)
    } else {
      throw FieldReader.missing("prompt", "a string")
    }
  }

  /// Turns of a request's JSON, at least one.
  package static func messages(_ value: JSON?) throws(WireError) -> [Message] {
    guard let turns = value?.array, !turns.isEmpty else {
      throw WireError(
        .invalidRequest,
        "\"messages\" must be an array of at least one {\"role\":…,\"content\":…}")
    }
    var messages: [Message] = []
    for turn in turns {
      var fields = try FieldReader(turn)
      messages.append(
        Message(
          role: try fields.requiredString("role"), content: try fields.requiredString("content")))
      try fields.finish()
    }
    return messages
  }

  /// Turns as a request's JSON has them.
  package static func body(of turns: [Message]) -> JSON {
    .array(turns.map { ["role": .string($0.role), "content": .string($0.content)] })
  }

  /// The body of its request line.
  package var body: JSON {
    var members: [JSON.Member] = []
    switch input {
    case .prompt(let prompt): members.append(.init("prompt", .string(prompt)))
    case .messages(let turns):
      members.append(.init("messages", Self.body(of: turns)))
    }
    if let maxTokens { members.append(.init("max_tokens", .integer(Int64(maxTokens)))) }
    if let temperature { members.append(.init("temperature", .number(temperature))) }
    if let topP { members.append(.init("top_p", .number(topP))) }
    if let topK { members.append(.init("top_k", .integer(Int64(topK)))) }
    if let seed { members.append(.init("seed", .integer(Int64(seed)))) }
    members += options
    return .object(members)
  }
}
