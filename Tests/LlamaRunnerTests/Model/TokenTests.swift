import Testing

@testable import LlamaRunner

@Suite struct TokenTests {
  let model: Model

  init() throws { model = try TestModel.load() }

  @Test(arguments: [
    "What is a cluster?", "", " ", "\n\n", "  two  spaces  ", "naïve café", "漢字", "🦙🦙 llamas 👩‍👩‍👧",
    "a\u{0}b", "tab\tand \"quotes\" \\", "\u{10FFFF}", String(repeating: "x", count: 5000),
  ])
  func textSurvivesTheRoundTrip(text: String) throws {
    let tokens = try model.tokenize(text, addSpecial: false, parseSpecial: false)
    #expect(model.text(of: tokens) == text)
    #expect(text.isEmpty == tokens.isEmpty)
    #expect(tokens.allSatisfy { (0..<Token(model.vocabularySize)).contains($0) })
  }

  @Test func aPieceCanBePartOfACharacter() throws {
    let tokens = try model.tokenize("🦙", addSpecial: false)
    #expect(tokens.flatMap { model.piece(of: $0) } == Array("🦙".utf8))
  }

  @Test func specialTokensRenderOnlyWhenAsked() throws {
    let text = "<|im_end|>"
    let special = try model.tokenize(text, addSpecial: false, parseSpecial: true)
    let plain = try model.tokenize(text, addSpecial: false, parseSpecial: false)
    #expect(special.count == 1)
    #expect(plain.count > 1)
    #expect(model.isEndOfGeneration(special[0]))
    #expect(model.piece(of: special[0]) == [])
    #expect(model.piece(of: special[0], renderSpecial: true) == Array(text.utf8))
    #expect(model.text(of: plain) == text)
  }

  @Test func strangersHaveNoPiece() {
    #expect(model.piece(of: -1) == [])
    #expect(model.piece(of: Token(model.vocabularySize)) == [])
  }
}
