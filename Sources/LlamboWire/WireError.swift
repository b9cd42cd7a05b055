import LlamboJSON

/// What an `ERROR` line says: a code for programs and a message for people.
public struct WireError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A word of the protocol, such as `line_too_long`. Codes that this version does not know
  /// pass through unchanged.
  public struct Code: Hashable, Sendable {
    public let name: String

    public init(_ name: String) { self.name = name }

    // The line itself.
    public static let lineTooLong = Code("line_too_long")
    public static let invalidUTF8 = Code("invalid_utf8")
    public static let invalidJSON = Code("invalid_json")
    public static let jsonTooDeep = Code("json_too_deep")
    public static let invalidID = Code("invalid_id")
    public static let unknownVerb = Code("unknown_verb")
    public static let httpOnLinePort = Code("http_on_line_port")
    // What it asks for.
    public static let invalidRequest = Code("invalid_request")
    public static let unknownField = Code("unknown_field")
    public static let outOfRange = Code("out_of_range")
    public static let duplicateID = Code("duplicate_id")
    public static let unknownRequest = Code("unknown_request")
    public static let unknownType = Code("unknown_type")
    public static let unknownNode = Code("unknown_node")
    public static let staleEpoch = Code("stale_epoch")
    // What there is no room for.
    public static let tooManyRequests = Code("too_many_requests")
    public static let tooManyConnections = Code("too_many_connections")
    public static let tooManyNodes = Code("too_many_nodes")
    public static let queueFull = Code("queue_full")
    public static let noNodes = Code("no_nodes")
    public static let slowReader = Code("slow_reader")
    // What went wrong on the way.
    public static let timeout = Code("timeout")
    public static let nodeLost = Code("node_lost")
    public static let draining = Code("draining")
    public static let internalError = Code("internal_error")
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { "\(code.name): \(message)" }

  /// Reads the body of an `ERROR` line.
  public init(body: JSON) {
    self.init(
      Code(body["code"]?.string ?? Code.internalError.name),
      body["message"]?.string ?? "the answer gave no reason")
  }

  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("code", code.name)
    writer.field("message", message)
    writer.endObject()
  }
}

extension WireError {
  public init(_ error: JSONError) {
    let code: Code =
      switch error.code {
      case .tooDeep: .jsonTooDeep
      case .invalidUTF8: .invalidUTF8
      case .syntax, .duplicateName: .invalidJSON
      }
    self.init(code, "the JSON after the verb: \(error)")
  }
}
