/// Writes JSON without white space into a buffer that can be used again.
///
/// Commas come by themselves; the caller pairs `begin` and `end` and gives each object a key
/// before each value.
package struct JSONWriter: Sendable {
  package var bytes: [UInt8] = []
  /// Whether a comma belongs before the next key or element.
  private var needsComma = false

  package init() {}

  /// Begins another value behind what is there, which may be anything but JSON.
  package mutating func restart() { needsComma = false }

  package mutating func beginObject() { open(UInt8(ascii: "{")) }
  package mutating func endObject() { close(UInt8(ascii: "}")) }
  package mutating func beginArray() { open(UInt8(ascii: "[")) }
  package mutating func endArray() { close(UInt8(ascii: "]")) }

  package mutating func key(_ name: String) {
    separate()
    bytes.appendQuoted(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  package mutating func value(_ value: some FixedWidthInteger) {
    separate()
    bytes.appendDecimal(value)
  }

  /// A number that is not finite has no form in JSON and becomes `null`.
  package mutating func value(_ value: Double) {
    separate()
    if !value.isFinite {
      bytes.append(contentsOf: "null".utf8)
    } else if let whole = Int64(exactly: value), abs(value) < 1e15 {
      bytes.appendDecimal(whole)
    } else {
      bytes.append(contentsOf: value.description.utf8)
    }
  }

  package mutating func value(_ value: Bool) {
    separate()
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  package mutating func value(_ value: String) {
    separate()
    bytes.appendQuoted(value)
  }

  package mutating func value(_ value: JSON) {
    switch value {
    case .null:
      separate()
      bytes.append(contentsOf: "null".utf8)
    case .bool(let bool): self.value(bool)
    case .integer(let integer): self.value(integer)
    case .number(let number): self.value(number)
    case .string(let string): self.value(string)
    case .array(let elements):
      beginArray()
      for element in elements { self.value(element) }
      endArray()
    case .object(let members):
      beginObject()
      for member in members { field(member.name, member.value) }
      endObject()
    }
  }

  package mutating func field(_ name: String, _ value: some FixedWidthInteger) {
    key(name)
    self.value(value)
  }

  package mutating func field(_ name: String, _ value: Double) {
    key(name)
    self.value(value)
  }

  package mutating func field(_ name: String, _ value: Bool) {
    key(name)
    self.value(value)
  }

  package mutating func field(_ name: String, _ value: String) {
    key(name)
    self.value(value)
  }

  package mutating func field(_ name: String, _ value: JSON) {
    key(name)
    self.value(value)
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }
}

extension JSON: CustomStringConvertible {
  /// The value as JSON without white space.
  package var description: String {
    var writer = JSONWriter()
    writer.value(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension [UInt8] {
  package mutating func appendDecimal(_ value: some FixedWidthInteger) {
    if value < 0 { append(UInt8(ascii: "-")) }
    appendDecimal(UInt64(value.magnitude))
  }

  package mutating func appendDecimal(_ value: UInt64) {
    var digits = 1
    var rest = value
    while rest > 9 {
      rest /= 10
      digits += 1
    }
    append(contentsOf: repeatElement(UInt8(ascii: "0"), count: digits))
    rest = value
    for place in (count - digits..<count).reversed() {
      self[place] += UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  /// `text` in quotes, with what JSON wants escaped.
  package mutating func appendQuoted(_ text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        append(UInt8(ascii: "\\"))
        append(byte)
      case 0x0a: append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
      case 0x0d: append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
      case 0x09: append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
      case 0..<0x20, 0x7f:
        append(contentsOf: "\\u00".utf8)
        for digit in [byte >> 4, byte & 15] {
          append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }
}
