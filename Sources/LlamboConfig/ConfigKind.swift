import LlamboCluster
import LlamboCommand

/// What the value of a key may be, and how its text becomes a value.
enum ConfigKind: Sendable {
  /// A name: letters, digits, `-` and `_`.
  case name
  case text
  case path
  case address
  case strategy
  case boolean
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  /// In milliseconds.
  case time(ClosedRange<Int>)
  /// In bytes.
  case memory(ClosedRange<Int>)
  case cores(ClosedRange<Double>)

  /// What a value must be: "must be …".
  var requirement: String {
    switch self {
    case .name:
      "a name of at most \(ConfigLimits.nameLength) letters, digits, - and _"
    case .text: "text"
    case .path: "a path"
    case .address: "host:port with a loopback host"
    case .strategy: Self.list(Strategy.allCases.map(\.rawValue))
    case .boolean: "true or false"
    case .integer(let range):
      "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .time(let range):
      "milliseconds or a time such as 500ms, 30s or 2m, "
        + "from \(Quantity.timeText(range.lowerBound)) to \(Quantity.timeText(range.upperBound))"
    case .memory(let range):
      "bytes or a size such as 128MB, 512MiB or 8GB, "
        + "from \(Quantity.memoryText(range.lowerBound)) to "
        + Quantity.memoryText(range.upperBound)
    case .cores(let range):
      "a number of cores such as 0.1 or \"2 cores\", "
        + "from \(range.lowerBound) to \(range.upperBound)"
    }
  }

  /// The value that a scalar stands for; nil where it is none of this kind. Where more is to be
  /// said, `Refusal` says it.
  func value(of text: String, isQuoted: Bool) throws(Refusal) -> ConfigValue? {
    let plain = isQuoted ? nil : text
    switch self {
    case .name: return Self.isName(text) ? .text(text) : nil
    case .text, .path: return try Self.checked(text).map { .text($0) }
    case .address: return try Self.address(text)
    case .strategy: return try Self.strategy(text)
    case .boolean:
      return switch plain {
      case "true", "True", "TRUE": .boolean(true)
      case "false", "False", "FALSE": .boolean(false)
      default: nil
      }
    case .integer(let range):
      return plain.flatMap { Int($0) }.flatMap { range.contains($0) ? .integer($0) : nil }
    case .number(let range):
      return plain.flatMap { Double($0) }.flatMap { range.contains($0) ? .number($0) : nil }
    case .time(let range):
      return Quantity.parseWhole(text, Quantity.time)
        .flatMap { range.contains($0) ? .integer($0) : nil }
    case .memory(let range):
      return Quantity.parseWhole(text, Quantity.memory)
        .flatMap { range.contains($0) ? .integer($0) : nil }
    case .cores(let range):
      return Quantity.parse(text, Quantity.cores)
        .flatMap { range.contains($0) ? .number($0) : nil }
    }
  }

  /// Why a value is refused, where the requirement alone would not tell.
  struct Refusal: Error {
    var message: String
    var hint: String?
  }

  static func isName(_ text: String) -> Bool {
    (1...ConfigLimits.nameLength).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  /// Neither empty nor with a control character, which no path or log line should bear.
  private static func checked(_ text: String) throws(Refusal) -> String? {
    guard text.utf8.count <= ConfigLimits.textBytes else {
      throw Refusal(message: "is longer than \(ConfigLimits.textBytes) bytes")
    }
    guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
      throw Refusal(message: "holds a control character")
    }
    return text.isEmpty ? nil : text
  }

  private static func address(_ text: String) throws(Refusal) -> ConfigValue {
    do {
      return .address(try ListenAddress(parsing: text))
    } catch {
      switch error {
      case .form:
        throw Refusal(
          message: "must be host:port, but is \"\(text)\"",
          hint: "write it as 127.0.0.1:9000 or [::1]:9000")
      case .port:
        throw Refusal(
          message: "must have a port from 0 to 65535, but is \"\(text)\"",
          hint: "0 lets the system choose one")
      case .notLoopback(let host):
        throw Refusal(
          message: "must have a loopback host, but has \"\(host)\"",
          hint: "use 127.0.0.1, localhost or [::1]; nothing listens beyond this machine yet")
      }
    }
  }

  /// By name, or by the number that stands for it.
  private static func strategy(_ text: String) throws(Refusal) -> ConfigValue? {
    let numbered: [Strategy] = [.roundRobin, .leastLoaded, .random]
    if let strategy = Strategy(rawValue: text) { return .strategy(strategy) }
    if let number = Int(text), numbered.indices.contains(number) {
      return .strategy(numbered[number])
    }
    let words = Strategy.allCases.map(\.rawValue)
    throw Refusal(
      message: "must be \(list(words)), but is \"\(text)\"",
      hint: nearestWord(to: text, in: words).map { "did you mean \"\($0)\"?" })
  }

  private static func list(_ words: [String]) -> String {
    words.dropLast().joined(separator: ", ") + " or " + words.last!
  }
}

/// A checked value.
enum ConfigValue: Sendable, Equatable {
  case text(String)
  case address(ListenAddress)
  case strategy(Strategy)
  case boolean(Bool)
  /// Also milliseconds and bytes.
  case integer(Int)
  case number(Double)
}
