import LlamboJSON
import Testing

struct NumberTests {
  @Test(arguments: [
    ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min), ("0", 0), ("-0", 0),
    ("-1", -1),
  ])
  func aWholeNumberOf64BitsIsExact(_ text: String, _ expected: Int64) throws {
    #expect(try JSON.parse(text) == .integer(expected))
  }

  @Test(arguments: [
    ("9223372036854775808", 0x1p63), ("-9223372036854775809", -0x1p63), ("1.0", 1.0),
    ("1e2", 100.0), ("2.5E-1", 0.25), ("1.7976931348623157e308", Double.greatestFiniteMagnitude),
    ("5e-324", Double.leastNonzeroMagnitude), ("0.1", 0.1),
  ])
  func anyOtherNumberIsADouble(_ text: String, _ expected: Double) throws {
    #expect(try JSON.parse(text) == .number(expected))
  }

  @Test(arguments: ["1e400", "-1e400", "1e999999999999", "1.8e308"])
  func aNumberBeyondDoubleIsRefused(_ text: String) {
    let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
    #expect(error?.message == "the number is out of range")
  }

  @Test(arguments: ["1e-400", "-1e-400", "0e999999999999"])
  func aNumberTooSmallForDoubleIsZero(_ text: String) throws {
    #expect(try JSON.parse(text).number == 0)
  }

  @Test func aNumberOfAMillionDigitsIsRefused() {
    #expect(throws: JSONError.self) { try JSON.parse(String(repeating: "9", count: 1_000_000)) }
  }

  @Test(arguments: [("3.0", 3), ("3e2", 300), ("-2", -2), ("1e18", 1_000_000_000_000_000_000)])
  func anIntegerMayBeWrittenAsADouble(_ text: String, _ expected: Int) throws {
    #expect(try JSON.parse(text).integer == expected)
  }

  @Test(arguments: ["1.5", "1e19", "-1e19", "9223372036854775808"])
  func aNumberThatIsNoIntegerHasNone(_ text: String) throws {
    #expect(try JSON.parse(text).integer == nil)
  }
}
