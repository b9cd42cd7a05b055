import Testing

@testable import LlamaRunner

@Suite struct PronunciationTests {
  @Test(arguments: [
    ("", ""),
    ("A plain sentence, as it is.", "A plain sentence, as it is."),
    ("API", "A-P-I"),
    ("The URLs of an API.", "The U-R-L-s of an A-P-I."),
    ("HTML and JSON, says NASA", "H-T-M-L and JSON, says NASA"),
    ("getHTTPResponse", "get H-T-T-P Response"),
    ("LlamaRunner", "Llama Runner"),
    ("parseURLsNow", "parse U-R-L-s Now"),
    ("snake_case_name", "snake case name"),
    ("__init__", "init"),
    ("___", "___"),
    ("API_KEY", "A-P-I K-E-Y"),
    ("gpt4all", "gpt 4 all"),
    ("3.14 is 1,000 times the 2nd of 42", "3.14 is 1,000 times the 2nd of 42"),
    ("I am", "I am"),
    ("see https://API.example/getIt now", "see https://API.example/getIt now"),
    ("write meNow@exampleHost.org", "write meNow@exampleHost.org"),
    ("run `getAPI(x)` then getAPI", "run `getAPI(x)` then get A-P-I"),
    ("a lone ` mark and myName", "a lone ` mark and my Name"),
    ("Ämter und groß", "Ämter und groß"),
    ("漢字 und 日本", "漢字 und 日本"),
    ("naïveCafé", "naïve Café"),
  ])
  func textIsMadeSayable(written: String, said: String) {
    #expect(Pronunciation().prepare(written) == said)
  }

  @Test func mappingsComeFirstTheLongestOfAll() {
    let pronunciation = Pronunciation(mappings: [
      "MyCompany": "My Company", "API": "ay pea eye", "API_KEY": "A-P-I Key",
      "C++": "see plus plus",
      "SQL": "sequel",
    ])
    #expect(
      pronunciation.prepare("MyCompany has an API_KEY for its API.")
        == "My Company has an A-P-I Key for its ay pea eye.")
    #expect(pronunciation.prepare("SQL, not MySQL or SQLs") == "sequel, not My S-Q-L or S-Q-L-s")
    #expect(pronunciation.prepare("C++ code") == "see plus plus code")
    #expect(pronunciation.prepare("api") == "api")
    #expect(pronunciation.applyMappings("getAPI of an API") == "getAPI of an ay pea eye")
  }

  @Test func whatAMappingGivesIsNotLookedAtAgain() {
    #expect(Pronunciation(mappings: ["ABC": "XYZ", "XYZ": "ABC"]).prepare("ABC XYZ") == "XYZ ABC")
    #expect(Pronunciation(mappings: ["": "x"]).prepare("ab") == "ab")
  }

  @Test(arguments: [
    ("", 1), ("…!", 1), ("A plain sentence, as it is.", 1), ("A-P-I", 1), ("the 2nd of 42", 1),
    ("API", 0.65), ("snake_case", 0.75), ("getHTTPResponse", 0.15), ("xkcd", 0.35), ("=>", 0),
    ("LlamaRunner", 0.75), ("Angstschweiß", 0.25),
  ])
  func qualityFollowsTheFormula(text: String, quality: Double) {
    #expect(abs(Pronunciation.quality(of: text) - quality) < 1e-9)
  }

  @Test func longerWordsWeighMore() {
    // (3 × 0.65 + 7 × 1) / 10
    #expect(abs(Pronunciation.quality(of: "API perfect") - 0.895) < 1e-9)
  }

  /// Preparing settles at once, loses no letter, and never makes a text harder to say.
  @Test(arguments: 0..<20) func preparingHelpsAndSettles(seed: UInt64) {
    var random = SplitMix(state: seed)
    let alphabet = Array("aeiouxyzstAEIXYZS0129__  .-'")
    for _ in 0..<200 {
      let text = String(
        (0..<Int.random(in: 1...24, using: &random)).map { _ in
          alphabet.randomElement(using: &random)!
        })
      let said = Pronunciation().prepare(text)
      #expect(Pronunciation().prepare(said) == said, "\(text)")
      #expect(
        said.filter { $0.isLetter || $0.isNumber } == text.filter { $0.isLetter || $0.isNumber })
      let quality = Pronunciation.quality(of: said)
      #expect((0...1).contains(quality))
      #expect(quality >= Pronunciation.quality(of: text) - 1e-9, "\(text) → \(said)")
    }
  }
}
