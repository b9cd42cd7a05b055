import Foundation
import GuideExamples
import Testing

@Suite(.timeLimit(.minutes(2))) struct GuideTests {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  let model = Self.root.appending(path: "models/llambo-tiny").path

  /// Every Swift block of the guide stands in the examples that are compiled.
  @Test func theGuideShowsWhatIsCompiled() throws {
    let guide = try String(
      contentsOf: Self.root.appending(path: "Docs/LLAMA-RUNNER.md"), encoding: .utf8)
    let folder = Self.root.appending(path: "Examples/Guide")
    let sources = try FileManager.default
      .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .map { try String(contentsOf: $0, encoding: .utf8) }
    let blocks = guide.components(separatedBy: "```swift\n").dropFirst()
      .map { $0.components(separatedBy: "```")[0] }
    #expect(blocks.count >= 12)
    for block in blocks {
      #expect(sources.contains { $0.contains(block) }, "not compiled:\n\(block)")
    }
  }

  @Test func generationRuns() async throws {
    #expect(try !askOnce(model).isEmpty)
    #expect(try !continueText(model).isEmpty)
    #expect(try !quick(model).isEmpty)
    let bound = try askForJSON(model)
    #expect(bound.text.wholeMatch(of: /\{\s*"sure"\s*:\s*(true|false)\s*\}/) != nil)
    #expect(try #require(bound.confidence) < 0)
    #expect(try converse(model).count == 2)
    #expect(try await stream(model).count > 0)
  }

  @Test func statesRun() async throws {
    #expect(try putAway(model).first == "What is a cluster?")
    #expect((1...4).contains(try await handOver(model)))
  }

  @Test func agentsRun() async throws {
    #expect(try agents(model).allSatisfy { !$0.isEmpty })
    #expect(try switchModels(chat: model, code: model).count == 2)
    #expect(try await serve(model, questions: ["A?", "B?", "C?"]).count == 3)
  }

  @Test func piecesRun() throws {
    #expect(try !decodeByHand(model).isEmpty)
    #expect(try !converseConservatively(model).isEmpty)
    #expect(try compare(model) > 0.5)
    try validate(model)
    #expect(throws: (any Error).self) { try adapt(model, adapter: model) }
    let said = pronounce()
    #expect(said.text == "My Company renews the A-P-I Key of get User Data")
    #expect(said.quality == 1)
  }
}
