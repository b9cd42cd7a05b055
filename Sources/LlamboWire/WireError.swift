import LlamboJSON

/// What an `ERROR` line says: a code for programs and a message for people.
package struct WireError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A word of the protocol, such as `line_too_long`. Codes that this version does not know
  /// pass through unchanged.
  package struct Code: Hashable, Sendable {
    package let name: String

    package init(_ name: String) { self.name = name }

    // The line itself.
    package static let lineTooLong = Code("line_too_long")
    package static let invalidUTF8 = Code("invalid_utf8")
    package static let invalidJSON = Code("invalid_json")
    package static let jsonTooDeep = Code("json_too_deep")
    package static let invalidID = Code("invalid_id")
    package static let unknownVerb = Code("unknown_verb")
    package static let httpOnLinePort = Code("http_on_line_port")
    // What it asks for.
    package static let invalidRequest = Code("invalid_request")
    package static let unknownField = Code("unknown_field")
    package static let outOfRange = Code("out_of_range")
    package static let duplicateID = Code("duplicate_id")
    package static let unknownRequest = Code("unknown_request")
    package static let unknownType = Code("unknown_type")
    package static let unknownNode = Code("unknown_node")
    package static let unknownStrategy = Code("unknown_strategy")
    package static let invalidConfiguration = Code("invalid_configuration")
    package static let staleEpoch = Code("stale_epoch")
    // What there is no room for.
    package static let tooManyRequests = Code("too_many_requests")
    package static let tooManyConnections = Code("too_many_connections")
    package static let tooManyNodes = Code("too_many_nodes")
    package static let queueFull = Code("queue_full")
    package static let noNodes = Code("no_nodes")
    package static let slowReader = Code("slow_reader")
    // What went wrong on the way.
    package static let timeout = Code("timeout")
    package static let nodeLost = Code("node_lost")
    package static let poisonRequest = Code("poison_request")
    package static let noQuorum = Code("no_quorum")
    package static let draining = Code("draining")
    package static let internalError = Code("internal_error")
  }

  package let code: Code
  package let message: String
  /// Milliseconds after which the same request may be taken; nil where waiting does not help, or
  /// nobody knows.
  package let retryAfter: Int?

  package init(_ code: Code, _ message: String, retryAfter: Int? = nil) {
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
  }

  package var description: String { "\(code.name): \(message)" }

  /// Reads the body of an `ERROR` line.
  package init(body: JSON) {
    self.init(
      Code(body["code"]?.string ?? Code.internalError.name),
      body["message"]?.string ?? "the answer gave no reason",
      retryAfter: body["retry_after_ms"]?.integer)
  }

  package func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("code", code.name)
    writer.field("message", message)
    if let retryAfter { writer.field("retry_after_ms", retryAfter) }
    writer.endObject()
  }
}

extension WireError {
  package init(_ error: JSONError) {
    let code: Code =
      switch error.code {
      case .tooDeep: .jsonTooDeep
      case .invalidUTF8: .invalidUTF8
      case .syntax, .duplicateName: .invalidJSON
      }
    self.init(code, "the JSON after the verb: \(error)")
  }
}
