import LlamboJSON
import Testing

/// What RFC 8259 lets pass and what it does not.
struct GrammarTests {
  @Test(arguments: [
    "null", "true", "false", "0", "-0", "12", "-12", "1.5", "1e2", "1E+2", "1e-2", "0.0e0", "\"\"",
    "[]", "{}", "[[]]", "[1,2]", "{\"a\":1,\"b\":[true,null]}", " \t\r\n1 \t\r\n", "[ 1 , 2 ]",
    "{ \"a\" : 1 }", "\"\u{7f}\"", "\"\u{2028}\"", "{\"\":0}",
  ])
  func validTextIsAccepted(_ text: String) throws {
    _ = try JSON.parse(text)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e",
    "1e+", "0x10", "1_000", "'a'", "\"", "\"a", "\"\\\"", "\"\\", "\"\\u", "\"\\x\"", "\"\n\"",
    "\"\t\"", "\"\0\"", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "}", "{\"a\"",
    "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\" 1}",
    "{\"a\":1 \"b\":2}", "1 2", "{} {}", "[1]]", "// a\n1", "/* a */1", "\u{feff}1", "\u{a0}1",
    "1\0", "\0",
  ])
  func invalidTextIsRefusedAsSyntax(_ text: String) {
    let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
    #expect(error?.code == .syntax)
  }

  @Test func everyPrefixOfAValueIsRefused() throws {
    let text = #"{"a":[1.5e-3,"\ud83d\ude00é",true,false,null],"b":{"c":-0}}"#
    let bytes = Array(text.utf8)
    _ = try JSON.parse(bytes.span)
    for count in 0..<bytes.count {
      let prefix = Array(bytes[..<count])
      #expect(throws: JSONError.self, "\(count) bytes") { try JSON.parse(prefix.span) }
    }
  }

  @Test func membersKeepTheirOrder() throws {
    let object = try JSON.parse(#"{"z":1,"a":2,"m":3}"#)
    #expect(object.object?.map(\.name) == ["z", "a", "m"])
  }

  @Test(arguments: [
    #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"":1,"":2}}]"#,
  ])
  func aNameThatOccursTwiceIsRefused(_ text: String) {
    let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
    #expect(error?.code == .duplicateName)
  }

  @Test func oneNameInTwoObjectsIsFine() throws {
    let value = try JSON.parse(#"{"a":{"a":[{"a":1},{"a":2}]}}"#)
    #expect(value["a"]?["a"]?.array?.count == 2)
  }

  @Test func anErrorTellsWhereItIs() {
    let error = #expect(throws: JSONError.self) { try JSON.parse("[1, 2, x]") }
    #expect(error?.offset == 7)
    #expect(error?.description == "not a value at byte 7")
  }

  // MARK: Depth

  private static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  @Test func theDepthLimitIsTheLastDepthAccepted() throws {
    _ = try JSON.parse(Self.nested(JSON.defaultDepth))
    let error = #expect(throws: JSONError.self) {
      try JSON.parse(Self.nested(JSON.defaultDepth + 1))
    }
    #expect(error?.code == .tooDeep)
  }

  @Test func aGivenDepthLimitHolds() throws {
    _ = try JSON.parse("[{\"a\":[]}]", maximumDepth: 3)
    let error = #expect(throws: JSONError.self) {
      try JSON.parse("[{\"a\":[]}]", maximumDepth: 2)
    }
    #expect(error?.code == .tooDeep)
  }

  @Test(arguments: ["[", "{\"a\":", "[[],", "[{\"a\":"])
  func tenThousandLevelsAreRefused(_ level: String) {
    let text = String(repeating: level, count: 10_000)
    let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
    #expect(error?.code == .tooDeep)
  }

  @Test func neighboursDoNotCountAsDepth() throws {
    let text = "[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]"
    #expect(try JSON.parse(text, maximumDepth: 3).array?.count == 1000)
  }
}
