/// A value of a GGUF file's metadata, as far as it is kept.
enum GGUFValue: Equatable {
  case number(UInt64, GGUFKind)
  case signed(Int64, GGUFKind)
  case real(Double, GGUFKind)
  case bool(Bool)
  /// Nil where the text is longer than `GGUFLimits.keptTextBytes`.
  case text(String?)
  case array(GGUFArray)

  /// The value where it is a whole number from 0 up.
  var whole: UInt64? {
    switch self {
    case .number(let value, _): value
    case .signed(let value, _): UInt64(exactly: value)
    default: nil
    }
  }

  var text: String? {
    if case .text(let text) = self { text } else { nil }
  }

  var kind: GGUFKind {
    switch self {
    case .number(_, let kind), .signed(_, let kind), .real(_, let kind): kind
    case .bool: .bool
    case .text: .text
    case .array: .array
    }
  }
}

/// Where an array's elements are.
struct GGUFArray: Equatable {
  let kind: GGUFKind
  let count: UInt64
  /// The first element's place in the file.
  let offset: UInt64
}

/// The types of GGUF values by their numbers in a file.
enum GGUFKind: UInt32 {
  case uint8 = 0
  case int8 = 1
  case uint16 = 2
  case int16 = 3
  case uint32 = 4
  case int32 = 5
  case float32 = 6
  case bool = 7
  case text = 8
  case array = 9
  case uint64 = 10
  case int64 = 11
  case float64 = 12

  /// Bytes of a value; nil where they vary.
  var size: UInt64? {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .text, .array: nil
    }
  }
}
