import Testing

@testable import LlamboControl

/// Texts that are broken at a terminal's width while they come.
struct WordWrapTests {
  private func wrapped(_ text: String, width: Int?, part: Int) -> String {
    var wrap = WordWrap(width: width)
    var shown = ""
    var rest = text[...]
    while !rest.isEmpty {
      shown += wrap.take(String(rest.prefix(part)))
      rest = rest.dropFirst(part)
    }
    return shown + wrap.end()
  }

  @Test(arguments: 1...9) func linesAreBrokenBetweenWordsHoweverTheyCome(_ part: Int) {
    let text = "one two  three fourteen\n  five incomprehensibly six"
    #expect(
      wrapped(text, width: 9, part: part)
        == "one two\nthree\nfourteen\n  five\nincomprehensibly\nsix")
    #expect(wrapped(text, width: nil, part: part) == text)
    #expect(wrapped(text, width: 200, part: part) == text)
  }

  @Test func wideCharactersTakeTwoColumns() {
    #expect(WordWrap.columns(of: "Größe") == 5)
    #expect(WordWrap.columns(of: "漢字🦙") == 6)
    #expect(wrapped("漢字 漢字 a", width: 6, part: 1) == "漢字\n漢字 a")
  }

  @Test func aWordIsShownAsSoonAsItsEndIsKnown() {
    var wrap = WordWrap(width: 20)
    #expect(wrap.take("clu") == "")
    #expect(wrap.take("ster no") == "cluster")
    #expect(wrap.take("de\n") == " node\n")
    #expect(wrap.end() == "")
  }
}
