import LlamboJSON
import LlamboWire
import Testing

struct FieldReaderTests {
  private static let object: JSON = [
    "text": "x", "count": 3, "share": 0.5, "on": true, "none": .null, "list": [1], "huge": 1e300,
    "half": 1.5, "whole": 4.0,
  ]

  private func reader() throws -> FieldReader { try FieldReader(Self.object) }

  @Test func fieldsAreReadByTypeAndName() throws {
    var fields = try reader()
    #expect(try fields.string("text") == "x")
    #expect(try fields.integer("count", in: 0...3) == 3)
    #expect(try fields.integer("whole", in: 0...10) == 4)
    #expect(try fields.number("share", in: 0...1) == 0.5)
    #expect(try fields.number("count", in: 0...3) == 3)
    #expect(try fields.bool("on") == true)
    #expect(fields.value("list") == [1])
  }

  @Test func anAbsentFieldAndNullAreNil() throws {
    var fields = try reader()
    #expect(try fields.string("absent") == nil)
    #expect(try fields.string("none") == nil)
    #expect(try fields.integer("none", in: 0...1) == nil)
  }

  @Test(arguments: ["absent", "none"])
  func aMissingRequiredFieldIsRefused(_ name: String) throws {
    var fields = try reader()
    let text = #expect(throws: WireError.self) { try fields.requiredString(name) }
    #expect(text?.code == .invalidRequest)
    #expect(text?.message == "\"\(name)\" is missing: it must be a string")
    let number = #expect(throws: WireError.self) { try fields.requiredInteger(name, in: 0...1) }
    #expect(number?.code == .invalidRequest)
  }

  @Test func aFieldOfAnotherTypeIsRefused() throws {
    var fields = try reader()
    let errors = [
      #expect(throws: WireError.self) { try fields.string("count") },
      #expect(throws: WireError.self) { try fields.integer("text", in: 0...1) },
      #expect(throws: WireError.self) { try fields.number("on", in: 0...1) },
      #expect(throws: WireError.self) { try fields.bool("list") },
    ]
    #expect(errors.map { $0?.code } == Array(repeating: .invalidRequest, count: 4))
    #expect(errors[0]?.message == "\"count\" must be a string, not a number")
    #expect(errors[3]?.message == "\"list\" must be true or false, not an array")
  }

  @Test(arguments: [("count", 0...2), ("count", 4...9), ("half", 0...9), ("huge", 0...Int.max)])
  func aNumberOutOfItsRangeIsRefused(_ name: String, _ range: ClosedRange<Int>) throws {
    var fields = try reader()
    let error = #expect(throws: WireError.self) { try fields.integer(name, in: range) }
    #expect(error?.code == .outOfRange)
  }

  @Test func aFractionOutOfItsRangeIsRefused() throws {
    var fields = try reader()
    let error = #expect(throws: WireError.self) { try fields.number("share", in: 0.6...1) }
    #expect(error?.code == .outOfRange)
    #expect(error?.message == "\"share\" must be from 0.6 to 1.0, not 0.5")
  }

  @Test func whatNobodyAskedForIsRefused() throws {
    var fields = try FieldReader(["a": 1, "misspelt": .null, "other": 3])
    _ = fields.value("a")
    _ = fields.value("c")
    _ = fields.value("size")
    let error = #expect(throws: WireError.self) { try fields.finish() }
    #expect(error?.code == .unknownField)
    #expect(error?.message == "unknown field \"misspelt\"; known here: a, c, size")
    _ = fields.value("misspelt")
    _ = fields.value("other")
    try fields.finish()
  }

  @Test(arguments: ["promt", "prompts", "propmt", "pronpt", "Prompt"])
  func aFieldThatIsOneSlipAwayIsToldBeforeTheOneThatIsMissing(_ name: String) throws {
    var fields = try FieldReader(.object([.init("max_tokens", 1), .init(name, "x")]))
    let missing = #expect(throws: WireError.self) { try fields.requiredString("prompt") }
    #expect(missing?.code == .unknownField)
    #expect(missing?.message == "unknown field \"\(name)\"; did you mean \"prompt\"?")
    _ = fields.value("max_tokens")
    let unknown = #expect(throws: WireError.self) { try fields.finish() }
    #expect(unknown == missing)
  }

  @Test func aFieldThatIsKnownIsNoSlipOfAnother() throws {
    var fields = try FieldReader(["top_p": 1])
    _ = fields.value("top_p")
    let missing = #expect(throws: WireError.self) { try fields.requiredInteger("top_k", in: 0...1) }
    #expect(missing?.message == "\"top_k\" is missing: it must be a whole number")
  }

  @Test(arguments: [.null, "x", 1, [1], true] as [JSON])
  func whatIsNoObjectHasNoFields(_ body: JSON) {
    let error = #expect(throws: WireError.self) { try FieldReader(body) }
    #expect(error?.code == .invalidRequest)
  }
}
