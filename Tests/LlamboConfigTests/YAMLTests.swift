import LlamboConfig
import Testing

/// Texts that are not one plain YAML document of bounded size.
@Suite struct YAMLTests {
  @Test(arguments: ["", "\n\n", "# nothing\n", "\u{feff}"])
  func `A text without a document is empty`(text: String) {
    #expect(problems(text) == ["c.yaml: holds nothing; it must begin with \"cluster:\""])
  }

  @Test func `A document without the cluster is refused`() {
    #expect(codes("{}") == [.missingKey])
    #expect(codes("---\n") == [.wrongType])
    #expect(codes("cluster") == [.wrongType])
    #expect(codes("- cluster: {}") == [.wrongType])
  }

  @Test func `A second document is refused`() {
    #expect(
      problems("cluster:\n---\ncluster:\n") == [
        "c.yaml:2:1: a second document begins here; keep one document, "
          + "without \"---\" between parts"
      ])
    #expect(problems("---\ncluster:\n...\n") == [])
  }

  @Test func `A syntax error has libyaml's words and place`() {
    #expect(
      problems("cluster:\n  id: [a, b\n  nodes: {}\n") == [
        "c.yaml:3:8: not YAML: did not find expected ',' or ']' while parsing a flow sequence"
      ])
    #expect(codes("cluster: {a: \"b\n") == [.syntax])
  }

  @Test func `A tab that indents is named`() {
    #expect(
      problems("cluster:\n\tid: a\n") == [
        "c.yaml:2:1: a tab indents this line; YAML wants spaces"
      ])
    #expect(codes("cluster:\n  nodes:\n  \t a: 1\n") == [.syntax])
  }

  @Test(arguments: [
    ("cluster: &a {}\n", "c.yaml:1:10: anchors and aliases"),
    ("cluster:\n  id: *a\n", "c.yaml:2:7: anchors and aliases"),
    ("cluster:\n  id: !!str 5\n", "c.yaml:2:7: tags"),
    ("cluster:\n  *a : 1\n", "c.yaml:2:3: anchors and aliases"),
    ("cluster: !x {}\n", "c.yaml:1:10: tags"),
    ("cluster: &a [*a]\n", "c.yaml:1:10: anchors and aliases"),
  ])
  func `Anchors, aliases and tags are refused`(text: String, start: String) {
    #expect(problems(text) == ["\(start) are not supported; write the value itself"])
  }

  @Test func `A key that is no word is refused`() {
    #expect(
      problems("cluster:\n  ? [a]\n  : 1\n") == [
        "c.yaml:2:5: a key must be a word, but is a list"
      ])
  }

  @Test(
    arguments: [
      ([0xff, 0xfe, 0x63, 0x00], "1:1"), ([0x63, 0x3a, 0x0a, 0xc3, 0xa9, 0xc3, 0x28], "2:3"),
      ([0xed, 0xa0, 0x80], "1:1"), ([0x63, 0xf4, 0x90, 0x80, 0x80], "1:2"), ([0x61, 0xc3], "1:2"),
    ] as [([UInt8], String)])
  func `Text that is not UTF-8 is refused where it stops being`(bytes: [UInt8], place: String) {
    let told = problems(bytes)
    #expect(told.count == 1)
    #expect(told.allSatisfy { $0.hasPrefix("c.yaml:\(place): not UTF-8") }, "\(told)")
  }

  @Test func `A control character is refused`() {
    #expect(
      problems("cluster:\n  id: a\u{1}b\n") == ["c.yaml:2:8: a control character; remove it"])
  }

  @Test func `Depth, values and bytes are bounded`() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(
      problems(deep) == ["c.yaml:1:17: nested more than 16 deep; a configuration needs far less"])
    let indented = (0..<500).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(codes(indented) == [.tooLarge])
    let wide = "[" + String(repeating: "a,", count: 20_000) + "]"
    #expect(codes(wide) == [.tooLarge])
    let large = "#" + String(repeating: "a", count: ConfigLimits.fileBytes)
    #expect(problems(large) == ["c.yaml: is larger than 1048576 bytes"])
  }

  @Test func `No cut or changed byte of a file does more than make an error`() {
    let text = Array(ClusterConfig().yaml.utf8)
    var refused = 0
    for index in text.indices {
      refused += problems(Array(text[..<index])).isEmpty ? 0 : 1
      for byte: UInt8 in [0, 9, 10, 0x22, 0x26, 0x2d, 0x3a, 0x5b, 0x7b, 0x80, 0xff] {
        var changed = text
        changed[index] = byte
        refused += problems(changed).isEmpty ? 0 : 1
      }
    }
    #expect(refused > text.count * 2)
  }
}
