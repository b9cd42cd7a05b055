import LlamboJSON
import Testing

struct WriterTests {
  private func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test func commasStandBetweenMembersAndElementsOnly() {
    let text = written { writer in
      writer.beginObject()
      writer.key("a")
      writer.beginArray()
      writer.value(1)
      writer.beginObject()
      writer.endObject()
      writer.value(true)
      writer.endArray()
      writer.field("b", "x")
      writer.field("c", 1.5)
      writer.field("d", false)
      writer.endObject()
    }
    #expect(text == #"{"a":[1,{},true],"b":"x","c":1.5,"d":false}"#)
  }

  @Test(arguments: [
    ("\"\\/", #""\"\\/""#), ("\n\r\t", #""\n\r\t""#),
    (
      "\u{0}\u{8}\u{c}\u{1f}\u{7f}",
      #""\u0000\u0008\u000c\u001f\u007f""#
    ), ("é€😀\u{2028}", "\"é€😀\u{2028}\""),
  ])
  func textIsEscapedWhereItMustBe(_ text: String, _ expected: String) {
    #expect(JSON.string(text).description == expected)
  }

  @Test func noTextPutsANewlineIntoALine() {
    for scalar in (0..<0x300).compactMap({ Unicode.Scalar($0 as UInt32) }) {
      let written = JSON.string(String(Character(scalar))).description
      #expect(written.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
    }
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (1, "1"), (-2.5, "-2.5"), (1e14, "100000000000000"),
    (1e15, "1000000000000000.0"), (1e16, "1e+16"),
    (0.1, "0.1"), (Double.leastNonzeroMagnitude, "5e-324"),
  ])
  func aDoubleIsWrittenInItsShortestForm(_ value: Double, _ expected: String) {
    #expect(written { $0.value(value) } == expected)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func aNumberThatIsNotFiniteBecomesNull(_ value: Double) {
    #expect(written { $0.value(value) } == "null")
  }

  @Test func integersOfEveryWidthAreWrittenWhole() {
    #expect(written { $0.value(Int64.min) } == "-9223372036854775808")
    #expect(written { $0.value(UInt64.max) } == "18446744073709551615")
    #expect(written { $0.value(Int8.min) } == "-128")
    #expect(written { $0.value(0) } == "0")
  }

  @Test func restartBeginsAValueWithoutAComma() {
    let text = written { writer in
      writer.value(1)
      writer.bytes.append(UInt8(ascii: " "))
      writer.restart()
      writer.value(2)
    }
    #expect(text == "1 2")
  }
}
