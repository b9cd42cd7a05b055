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
    input =
      verb == .chat
      ? .messages(try Self.messages(fields.value("messages")))
      : .prompt(try fields.requiredString("prompt"))
    maxTokens = try fields.integer("max_tokens", in: 1...limits.maximumTokens)
    temperature = try fields.number("temperature", in: 0...5)
    topP = try fields.number("top_p", in: 0...1)
    if topP == 0 { throw WireError(.outOfRange, "\"top_p\" must be above 0 and at most 1, not 0") }
    topK = try fields.integer("top_k", in: 0...1_000_000)
    seed = try fields.integer("seed", in: 0...Int(UInt32.max)).map { UInt32($0) }
    try fields.finish()
  }

  private static func messages(_ value: JSON?) throws(WireError) -> [Message] {
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

  /// The body of its request line.
  package var body: JSON {
    var members: [JSON.Member] = []
    switch input {
    case .prompt(let prompt): members.append(.init("prompt", .string(prompt)))
    case .messages(let turns):
      members.append(
        .init(
          "messages",
          .array(
            turns.map { ["role": .string($0.role), "content": .string($0.content)] })))
    }
    if let maxTokens { members.append(.init("max_tokens", .integer(Int64(maxTokens)))) }
    if let temperature { members.append(.init("temperature", .number(temperature))) }
    if let topP { members.append(.init("top_p", .number(topP))) }
    if let topK { members.append(.init("top_k", .integer(Int64(topK)))) }
    if let seed { members.append(.init("seed", .integer(Int64(seed)))) }
    return .object(members)
  }
}
