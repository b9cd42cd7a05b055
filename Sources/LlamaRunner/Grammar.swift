import CLlama

/// A grammar in llama.cpp's GBNF notation: the texts that an answer may be.
public struct Grammar: Sendable, Equatable {
  /// The rules; the first symbol is `root`.
  public let gbnf: String

  /// Most bytes of a grammar, and of a JSON Schema.
  public static let bytesLimit = 64 << 10
  /// How deep the groups of a grammar, and the values of a JSON Schema, may nest.
  public static let depthLimit = 64
  /// Most elements that a repeated one may be written out to.
  static let expansionLimit = 1 << 20

  /// A grammar in GBNF. Whether its rules make sense shows when an answer begins.
  ///
  /// - Throws: `grammar_failed` where it has no text or is past the limits.
  public init(gbnf: String) throws(LlamaError) {
    try Self.checkSize(gbnf, "the grammar")
    var shape = GrammarShape()
    for byte in gbnf.utf8 { shape.take(byte) }
    guard shape.depth <= Self.depthLimit else {
      throw LlamaError(
        .grammarFailed, "the grammar nests \(shape.depth) deep, \(Self.depthLimit) may be")
    }
    guard shape.expansion <= Self.expansionLimit else {
      throw LlamaError(
        .grammarFailed,
        "the grammar repeats up to \(shape.repetitions) times what may have \(shape.longest) "
          + "characters: use fewer repetitions")
    }
    self.gbnf = gbnf
  }

  /// The JSON values that a JSON Schema accepts.
  ///
  /// - Throws: `grammar_failed` where the text is no JSON Schema, has no grammar or is past the
  ///   limits.
  public init(jsonSchema: String) throws(LlamaError) {
    try Self.checkSize(jsonSchema, "the JSON Schema")
    var depth = 0
    for byte in jsonSchema.utf8 {
      // Brackets in strings count as well, which only makes the limit tighter.
      if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") { depth += 1 }
      if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { depth = max(0, depth - 1) }
      guard depth <= Self.depthLimit else {
        throw LlamaError(
          .grammarFailed, "the JSON Schema nests deeper than \(Self.depthLimit)")
      }
    }
    var grammar = CText()
    var error = CText()
    guard cllama_grammar_from_json_schema(jsonSchema, &grammar.raw, &error.raw) else {
      throw LlamaError(.grammarFailed, error.string)
    }
    try self.init(gbnf: grammar.string)
  }

  private static func checkSize(_ text: String, _ what: String) throws(LlamaError) {
    guard (1...bytesLimit).contains(text.utf8.count) else {
      throw LlamaError(
        .grammarFailed, "\(what) must have 1 to \(bytesLimit) bytes, not \(text.utf8.count)")
    }
    guard !text.utf8.contains(0) else { throw LlamaError(.grammarFailed, "\(what) has a NUL") }
  }
}

/// What llama.cpp's parser of grammars takes on trust: how deep a grammar nests (it recurses), and
/// how much its repetitions are written out to.
private struct GrammarShape {
  private enum Place { case rule, literal, set, repetition, comment }

  private(set) var depth = 0
  /// The longest literal or set of characters.
  private(set) var longest = 1
  /// The largest number in a repetition.
  private(set) var repetitions = 1
  private var place = Place.rule
  private var open = 0
  private var length = 0
  private var number = 0
  private var isEscaped = false

  var expansion: Int { longest * repetitions }

  mutating func take(_ byte: UInt8) {
    switch (place, byte) {
    case (.literal, _) where isEscaped, (.set, _) where isEscaped: isEscaped = false
    case (.literal, UInt8(ascii: "\\")), (.set, UInt8(ascii: "\\")): isEscaped = true
    case (.literal, UInt8(ascii: "\"")), (.set, UInt8(ascii: "]")): place = .rule
    case (.literal, _), (.set, _):
      length += 1
      longest = max(longest, length)
    case (.repetition, UInt8(ascii: "0")...UInt8(ascii: "9")):
      number = min(10 * number + Int(byte - UInt8(ascii: "0")), 1 << 30)
      repetitions = max(repetitions, number)
    case (.repetition, UInt8(ascii: "}")): place = .rule
    case (.repetition, _): number = 0
    case (.comment, UInt8(ascii: "\n")): place = .rule
    case (.comment, _): break
    case (.rule, UInt8(ascii: "\"")): begin(.literal)
    case (.rule, UInt8(ascii: "[")): begin(.set)
    case (.rule, UInt8(ascii: "{")): begin(.repetition)
    case (.rule, UInt8(ascii: "#")): place = .comment
    case (.rule, UInt8(ascii: "(")):
      open += 1
      depth = max(depth, open)
    case (.rule, UInt8(ascii: ")")): open = max(0, open - 1)
    case (.rule, _): break
    }
  }

  private mutating func begin(_ new: Place) {
    place = new
    length = 0
    number = 0
  }
}
