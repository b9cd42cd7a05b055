import LlamboJSON

/// The parts of one line, `WORD [#id] [json-object]`, as ranges into its bytes; the JSON is not
/// looked at.
package struct Frame: Equatable, Sendable {
  /// The verb or kind, empty for an empty line.
  package let word: String
  /// The id without its `#`; nil where the line bears none.
  package let id: String?
  /// Where the JSON stands; empty where there is none.
  package let body: Range<Int>

  /// - Throws: `invalid_id` or `invalid_utf8`.
  package init(parsing line: Span<UInt8>) throws(WireError) {
    var at = 0
    func skipSpace(_ at: inout Int) {
      while at < line.count, line[at] == space || line[at] == tab || line[at] == carriageReturn {
        at += 1
      }
    }
    func word(_ at: inout Int) throws(WireError) -> String {
      let start = at
      while at < line.count, line[at] > space { at += 1 }
      // No word is longer than an id; what is cut off is cut between characters.
      var end = Swift.min(at, start + WireLimits.idBytes + 2)
      while end > start, end < at, line[end] & 0xc0 == 0x80 { end -= 1 }
      let bytes = line.extracting(start..<end)
      // Words of the protocol are ASCII, and checked faster than UTF-8 is.
      let text = bytes.withUnsafeBufferPointer {
        $0.allSatisfy { $0 < 0x80 }
          ? String(decoding: $0, as: UTF8.self) : String(validating: $0, as: UTF8.self)
      }
      guard let text else { throw WireError(.invalidUTF8, "the line is not UTF-8") }
      return text
    }

    skipSpace(&at)
    self.word = try word(&at)
    skipSpace(&at)
    if at < line.count, line[at] == UInt8(ascii: "#") {
      at += 1
      let text = try word(&at)
      guard Frame.isID(text) else {
        throw WireError(
          .invalidID,
          "an id is # and 1 to \(WireLimits.idBytes) letters, digits, '-', '_', '.' or ':'")
      }
      id = text
      skipSpace(&at)
    } else {
      id = nil
    }
    body = at..<line.count
  }

  /// The id as the number that a router gave it.
  package var number: UInt64? { id.flatMap { UInt64($0) } }

  /// Reads the JSON of the line that this frame was parsed from; an empty object where there is
  /// none.
  ///
  /// - Throws: `invalid_json`, `json_too_deep`, `invalid_utf8`, or `invalid_request` where it is
  ///   something else than an object.
  package func object(
    of line: Span<UInt8>, maximumDepth: Int = WireLimits().jsonDepth
  ) throws(WireError) -> JSON {
    if body.isEmpty { return .object([]) }
    guard line[body.lowerBound] == UInt8(ascii: "{") else {
      throw WireError(
        .invalidRequest, "after the verb and its #id there may only be a JSON object: {…}")
    }
    do throws(JSONError) {
      return try JSON.parse(line.extracting(body), maximumDepth: maximumDepth)
    } catch {
      throw WireError(error)
    }
  }

  /// Whether `text` can stand behind a `#`.
  package static func isID(_ text: String) -> Bool {
    (1...WireLimits.idBytes).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."), UInt8(ascii: ":"):
          true
        default: (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
      }
  }

  /// Whether a line belongs to an HTTP request, which a browser could be made to send here.
  ///
  /// A request line may have been dropped as too long; its `Host` comes before any body.
  package static func looksLikeHTTP(_ line: Span<UInt8>) -> Bool {
    let starts: [StaticString] = [
      "GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ",
      "PRI * HTTP/", "Host:",
    ]
    return starts.contains { start in
      start.utf8CodeUnitCount <= line.count
        && (0..<start.utf8CodeUnitCount).allSatisfy { start.utf8Start[$0] == line[$0] }
    }
  }
}

private let space = UInt8(ascii: " ")
private let tab = UInt8(ascii: "\t")
private let carriageReturn = UInt8(ascii: "\r")
