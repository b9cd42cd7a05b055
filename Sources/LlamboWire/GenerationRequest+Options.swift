import LlamboJSON

/// The field's further options, off where they are left out.
extension GenerationRequest {
  /// A string, or an array of them.
  static func stops(_ value: JSON?) throws(WireError) -> [String] {
    switch value {
    case nil: return []
    case .string(let text): return [text]
    case .array(let values):
      let texts = values.compactMap(\.string)
      if texts.count == values.count { return texts }
    default: break
    }
    throw WireError(.invalidRequest, "\"stop\" must be a string or an array of strings")
  }

  static func grammar(_ fields: inout FieldReader) throws(WireError) -> Grammar? {
    let rules = try fields.string("grammar")
    let schema = fields.value("json_schema")
    switch (rules, schema) {
    case (nil, nil): return nil
    case (let rules?, nil): return .gbnf(rules)
    case (nil, let schema?):
      guard case .object = schema else {
        throw WireError(.invalidRequest, "\"json_schema\" must be an object")
      }
      return .jsonSchema(schema)
    case (_?, _?):
      throw WireError(.invalidRequest, "only one of \"grammar\" and \"json_schema\" may be given")
    }
  }

  /// An object of token numbers and what is added to their logits.
  static func biases(_ value: JSON?) throws(WireError) -> [Int32: Double] {
    guard let value else { return [:] }
    guard case .object(let members) = value else {
      throw WireError(
        .invalidRequest, "\"logit_bias\" must be an object such as {\"17\":-100}")
    }
    var biases: [Int32: Double] = [:]
    for member in members {
      guard let token = Int32(member.name), let bias = member.value.number else {
        throw WireError(
          .invalidRequest, "\"logit_bias\" must have token numbers and numbers")
      }
      guard (-100...100).contains(bias) else {
        throw WireError(
          .outOfRange, "a bias in \"logit_bias\" must be from -100 to 100, not \(bias)")
      }
      biases[token] = bias
    }
    return biases
  }

  static func tokens(_ value: JSON?) throws(WireError) -> [Int32] {
    guard let value else { return [] }
    guard let numbers = value.array else {
      throw WireError(.invalidRequest, "\"produced\" must be an array of token numbers")
    }
    let tokens = numbers.compactMap { $0.integer.flatMap { Int32(exactly: $0) } }
    guard tokens.count == numbers.count else {
      throw WireError(.invalidRequest, "\"produced\" must be an array of token numbers")
    }
    return tokens
  }

  /// The options as members of a request's body.
  var options: [JSON.Member] {
    var members: [JSON.Member] = []
    func add(_ name: String, _ value: Double?) {
      if let value { members.append(.init(name, .number(value))) }
    }
    add("min_p", minP)
    add("repeat_penalty", repeatPenalty)
    add("frequency_penalty", frequencyPenalty)
    add("presence_penalty", presencePenalty)
    if let repeatLastN { members.append(.init("repeat_last_n", .integer(Int64(repeatLastN)))) }
    if !stop.isEmpty { members.append(.init("stop", .array(stop.map { .string($0) }))) }
    switch grammar {
    case .gbnf(let rules): members.append(.init("grammar", .string(rules)))
    case .jsonSchema(let schema): members.append(.init("json_schema", schema))
    case nil: break
    }
    if !logitBias.isEmpty {
      members.append(
        .init(
          "logit_bias",
          .object(logitBias.sorted { $0.key < $1.key }.map { .init("\($0)", .number($1)) })))
    }
    if let logprobs { members.append(.init("logprobs", .integer(Int64(logprobs)))) }
    if ignoreEOS { members.append(.init("ignore_eos", .bool(true))) }
    if !produced.isEmpty {
      members.append(.init("produced", .array(produced.map { .integer(Int64($0)) })))
    }
    if let fusion { members.append(.init("fusion", fusion.body)) }
    return members
  }
}
