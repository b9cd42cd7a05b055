extension JSON {
  /// Nesting that `parse` accepts where the caller names no other bound.
  package static let defaultDepth = 64

  /// Reads one value that fills `bytes` but for white space around it.
  ///
  /// - Parameter maximumDepth: arrays and objects within one another; deeper input is refused
  ///   before it can exhaust the stack.
  package static func parse(
    _ bytes: Span<UInt8>, maximumDepth: Int = defaultDepth
  ) throws(JSONError) -> JSON {
    try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
      var parser = JSONParser(bytes: buffer, maximumDepth: maximumDepth)
      let value = try parser.value(depth: 0)
      parser.skipSpace()
      guard parser.atEnd else { throw parser.error(.syntax, "unexpected text after the value") }
      return value
    }
  }

  package static func parse(
    _ text: String, maximumDepth: Int = defaultDepth
  ) throws(JSONError) -> JSON {
    let bytes = Array(text.utf8)
    return try parse(bytes.span, maximumDepth: maximumDepth)
  }
}

private struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let maximumDepth: Int
  var at = 0

  var atEnd: Bool { at == bytes.count }
  /// The next byte, 0 at the end (0 itself is never valid outside a string).
  var next: UInt8 { at < bytes.count ? bytes[at] : 0 }

  func error(_ code: JSONError.Code, _ message: String) -> JSONError {
    JSONError(code: code, offset: at, message: message)
  }

  mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09, 0x0a, 0x0d: at += 1
      default: return
      }
    }
  }

  mutating func take(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  mutating func value(depth: Int) throws(JSONError) -> JSON {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw error(.syntax, atEnd ? "the text ends where a value belongs" : "not a value")
    }
  }

  mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    for index in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[index]) {
      throw error(.syntax, "not a value")
    }
    return value
  }

  mutating func enter(_ depth: Int) throws(JSONError) {
    guard depth <= maximumDepth else {
      throw error(.tooDeep, "nested more than \(maximumDepth) deep")
    }
    at += 1
    skipSpace()
  }

  private static let membersCompared = 8

  mutating func object(depth: Int) throws(JSONError) -> JSON {
    try enter(depth)
    var members: [JSON.Member] = []
    // Of few members the names are compared with each other, which costs less than to hash them.
    var names: Set<String> = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    // As most requests have; to grow there from nothing takes three steps.
    members.reserveCapacity(4)
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else {
        throw error(.syntax, "a name in quotes belongs here")
      }
      let start = at
      let name = try string()
      if members.count == Self.membersCompared { names = Set(members.map(\.name)) }
      let isNew =
        members.count < Self.membersCompared
        ? !members.contains { $0.name == name } : names.insert(name).inserted
      guard isNew else {
        throw JSONError(
          code: .duplicateName, offset: start, message: "the name \"\(name)\" occurs twice")
      }
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw error(.syntax, "':' belongs here") }
      members.append(.init(name, try value(depth: depth)))
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw error(.syntax, "',' or '}' belongs here") }
      return .object(members)
    }
  }

  mutating func array(depth: Int) throws(JSONError) -> JSON {
    try enter(depth)
    var elements: [JSON] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value(depth: depth))
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw error(.syntax, "',' or ']' belongs here") }
      return .array(elements)
    }
  }

  mutating func digits() throws(JSONError) {
    let start = at
    while at < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) { at += 1 }
    guard at > start else { throw error(.syntax, "a digit belongs here") }
  }

  mutating func number() throws(JSONError) -> JSON {
    let start = at
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    var whole = true
    if take(UInt8(ascii: ".")) {
      whole = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      whole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    let text = text(start..<at)
    if whole, let integer = Int64(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      throw error(.syntax, "the number is out of range")
    }
    return .number(number)
  }

  /// Bytes known to be ASCII.
  func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  mutating func string() throws(JSONError) -> String {
    at += 1
    let start = at
    var unescaped: [UInt8] = []
    var runStart = at
    // ASCII needs no validation, which costs more than all else here.
    var seen: UInt8 = 0
    while true {
      guard at < bytes.count else { throw error(.syntax, "the string has no end") }
      switch bytes[at] {
      case UInt8(ascii: "\""):
        let text: String?
        if runStart == start, seen < 0x80 {
          text = String(
            decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self)
        } else if runStart == start {
          text = String(validating: bytes[start..<at], as: UTF8.self)
        } else {
          unescaped.append(contentsOf: bytes[runStart..<at])
          text = String(validating: unescaped, as: UTF8.self)
        }
        guard let text else { throw error(.invalidUTF8, "the string is not UTF-8") }
        at += 1
        return text
      case UInt8(ascii: "\\"):
        unescaped.append(contentsOf: bytes[runStart..<at])
        try escape(into: &unescaped)
        runStart = at
      case 0..<0x20:
        throw error(.syntax, "a control character must be escaped")
      default:
        // The bytes that stand for themselves, at once.
        var end = at
        while end + 8 <= bytes.count {
          let word = EightBytes(of: bytes.span, at: end)
          if word.contains(UInt8(ascii: "\"")) || word.contains(UInt8(ascii: "\\"))
            || word.containsLess(than: 0x20)
          {
            break
          }
          if !word.isASCII { seen = 0x80 }
          end += 8
        }
        while end < bytes.count {
          let byte = bytes[end]
          if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
          seen |= byte
          end += 1
        }
        at = end
      }
    }
  }

  mutating func escape(into buffer: inout [UInt8]) throws(JSONError) {
    at += 1
    let byte = next
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
    case UInt8(ascii: "b"): buffer.append(0x08)
    case UInt8(ascii: "f"): buffer.append(0x0c)
    case UInt8(ascii: "n"): buffer.append(0x0a)
    case UInt8(ascii: "r"): buffer.append(0x0d)
    case UInt8(ascii: "t"): buffer.append(0x09)
    case UInt8(ascii: "u"): buffer.append(contentsOf: Array(String(try scalar()).utf8))
    default:
      at -= 1
      throw error(.syntax, "not an escape")
    }
  }

  /// The character of `\uXXXX`, or of two that are a surrogate pair (RFC 8259, section 7).
  mutating func scalar() throws(JSONError) -> Character {
    let first = try hex4()
    if let scalar = Unicode.Scalar(first) { return Character(scalar) }
    guard first < 0xdc00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw error(.syntax, "half a surrogate pair")
    }
    let second = try hex4()
    guard (0xdc00...0xdfff).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw error(.syntax, "half a surrogate pair") }
    return Character(scalar)
  }

  mutating func hex4() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt32
      switch next {
      case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
        digit = UInt32(byte - UInt8(ascii: "0"))
      case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20):
        digit = UInt32((byte | 0x20) - UInt8(ascii: "a") + 10)
      default: throw error(.syntax, "four hexadecimal digits belong after \\u")
      }
      value = value << 4 | digit
      at += 1
    }
    return value
  }
}
