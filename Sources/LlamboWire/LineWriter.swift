import LlamboJSON

/// Writes lines into a buffer that can be used again.
package struct LineWriter: Sendable {
  private var json = JSONWriter()

  package init() {}

  /// The lines written and not removed.
  package var bytes: [UInt8] { json.bytes }
  package var count: Int { json.bytes.count }

  /// Forgets all; the memory is kept unless it is much.
  package mutating func removeAll() {
    json.bytes.removeAll(keepingCapacity: json.bytes.capacity <= 1 << 16)
  }

  /// Forgets the first `count` bytes, which have been sent.
  package mutating func removeFirst(_ count: Int) { json.bytes.removeFirst(count) }

  package mutating func line(_ verb: Verb, id: String? = nil, _ body: JSON? = nil) {
    line(verb.rawValue, id: id) { writer in
      if let body { writer.value(body) }
    }
  }

  package mutating func line(_ kind: Kind, id: String? = nil, _ body: JSON? = nil) {
    line(kind.rawValue, id: id) { writer in
      if let body { writer.value(body) }
    }
  }

  /// Text as it is, for those who speak something else than lines of the protocol.
  package mutating func raw(_ text: String) { json.bytes.append(contentsOf: text.utf8) }

  package mutating func error(_ error: WireError, id: String? = nil) {
    line(Kind.error.rawValue, id: id) { error.write(to: &$0) }
  }

  /// A token of a stream: the hot path, with no value in between.
  ///
  /// - Parameters:
  ///   - index: the token's place in the answer, from 0.
  ///   - token: the model's id of it.
  ///   - text: whole characters; empty where the token ends inside of one.
  package mutating func token(index: Int, token: Int32, text: String, id: String?) {
    line(Kind.token.rawValue, id: id) { json in
      json.beginObject()
      json.field("i", index)
      json.field("id", token)
      json.field("text", text)
      json.endObject()
    }
  }

  /// A token with more members behind those that every one has.
  package mutating func token(
    index: Int, token: Int32, text: String, id: String?, further: [JSON.Member]
  ) {
    let members: [JSON.Member] = [
      .init("i", .integer(Int64(index))), .init("id", .integer(Int64(token))),
      .init("text", .string(text)),
    ]
    line(.token, id: id, .object(members + further))
  }

  /// The line of someone else under another id: `word` and `body` go through as they are.
  ///
  /// - Parameter more: appends what follows the body.
  package mutating func relay(
    _ word: String, id: String?, body: Span<UInt8>, _ more: (inout [UInt8]) -> Void = { _ in }
  ) {
    head(word, id: id)
    if !body.isEmpty {
      json.bytes.append(UInt8(ascii: " "))
      body.withUnsafeBufferPointer { json.bytes.append(contentsOf: $0) }
      more(&json.bytes)
    }
    json.bytes.append(UInt8(ascii: "\n"))
  }

  /// Any line; `body` writes its JSON or nothing.
  package mutating func line(_ word: String, id: String?, body: (inout JSONWriter) -> Void) {
    head(word, id: id)
    let end = json.bytes.count
    json.bytes.append(UInt8(ascii: " "))
    json.restart()
    body(&json)
    if json.bytes.count == end + 1 { json.bytes.removeLast() }
    json.bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func head(_ word: String, id: String?) {
    json.bytes.append(contentsOf: word.utf8)
    if let id {
      json.bytes.append(UInt8(ascii: " "))
      json.bytes.append(UInt8(ascii: "#"))
      json.bytes.append(contentsOf: id.utf8)
    }
  }
}
