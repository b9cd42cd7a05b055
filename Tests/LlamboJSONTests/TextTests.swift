import LlamboJSON
import Testing

/// Strings: escapes, surrogates and UTF-8.
struct TextTests {
  @Test(arguments: [
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
    (#""\u0041\u00e9\u20AC""#, "Aé€"),
    (#""\u0000""#, "\0"),
    (#""\ud83d\ude00""#, "😀"),
    (#""\uD83D\uDE00""#, "😀"),
    (#""\udbff\udfff""#, "\u{10ffff}"),
    (#""\ud800\udc00""#, "\u{10000}"),
    (#""\ud7ff\ue000\uffff""#, "\u{d7ff}\u{e000}\u{ffff}"),
    (#""a\nb\nc""#, "a\nb\nc"),
    (#""é€😀""#, "é€😀"),
    (#""é\u0041€""#, "éA€"),
  ])
  func escapesBecomeCharacters(_ text: String, _ expected: String) throws {
    let string = try JSON.parse(text).string
    #expect(string.map { Array($0.utf8) } == Array(expected.utf8))
  }

  @Test(arguments: [
    #""\ud83d""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\u0041""#, #""\ud83d\ud83d""#,
    #""\ude00""#, #""\ude00\ud83d""#, #""\ud83d\"#, #""\ud83d\u"#, #""\ud83d\ude0""#,
  ])
  func halfASurrogatePairIsRefused(_ text: String) {
    let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
    #expect(error?.code == .syntax)
  }

  @Test(arguments: [
    #""\u004""#, #""\u004g""#, #""\u 041""#, #""\u+041""#, #""\u-041""#, #""\U0041""#,
  ])
  func aBadHexadecimalEscapeIsRefused(_ text: String) {
    #expect(throws: JSONError.self) { try JSON.parse(text) }
  }

  @Test(arguments: 0..<0x20 as Range<UInt8>)
  func aBareControlCharacterIsRefused(_ byte: UInt8) {
    let bytes = [UInt8(ascii: "\""), byte, UInt8(ascii: "\"")]
    let error = #expect(throws: JSONError.self) { try JSON.parse(bytes.span) }
    #expect(error?.code == .syntax)
  }

  @Test(
    arguments: [
      [0xff], [0x80], [0xc3], [0xc3, 0x28], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80], [0xf0, 0x9f, 0x98],
    ] as [[UInt8]])
  func aStringThatIsNotUTF8IsRefused(_ bad: [UInt8]) {
    for prefix in ["", "\\n", "é"] {
      let bytes = Array("\"\(prefix)".utf8) + bad + Array("\"".utf8)
      let error = #expect(throws: JSONError.self) { try JSON.parse(bytes.span) }
      #expect(error?.code == .invalidUTF8)
    }
  }

  @Test func bytesOutsideOfStringsMustBeASCII() {
    let bytes: [UInt8] = [UInt8(ascii: "["), 0xc3, 0xa9, UInt8(ascii: "]")]
    #expect(throws: JSONError.self) { try JSON.parse(bytes.span) }
  }

  @Test func aNameIsUnescapedLikeAnyString() throws {
    #expect(try JSON.parse(#"{"\u0061\n":1}"#)["a\n"] == .integer(1))
  }
}
