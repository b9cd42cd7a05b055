import LlamboJSON

/// What `TOKENIZE` counts.
package enum TokenizeRequest: Equatable, Sendable {
  case text(String)
  /// The prompt that the model's chat template makes of them, up to where an answer begins.
  case messages([GenerationRequest.Message])

  /// - Throws: `invalid_request` where there is neither or both, `unknown_field`.
  package init(body: JSON) throws(WireError) {
    var fields = try FieldReader(body)
    let text = try fields.string("text")
    let messages = fields.value("messages")
    try fields.finish()
    switch (text, messages) {
    case (let text?, nil): self = .text(text)
    case (nil, let messages?): self = .messages(try GenerationRequest.messages(messages))
    case (nil, nil):
      throw WireError(
        .invalidRequest, "\"text\" is missing: it must be a string, or \"messages\" an array")
    case (_?, _?):
      throw WireError(.invalidRequest, "only one of \"text\" and \"messages\" may be given")
    }
  }

  /// The body of its request line.
  package var body: JSON {
    switch self {
    case .text(let text): ["text": .string(text)]
    case .messages(let messages): ["messages": GenerationRequest.body(of: messages)]
    }
  }
}
