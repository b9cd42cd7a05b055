import APIExamples
import Foundation
import Llambo
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct SwiftAPITests {
  let model = GuideTests.root.appending(path: "models/llambo-tiny").path

  /// Every Swift block of a guide stands in the examples that are compiled, where it may be indented.
  @Test(arguments: [("README.md", 1), ("Docs/SWIFT-API.md", 13)])
  func theGuideShowsWhatIsCompiled(_ path: String, _ least: Int) throws {
    let guide = try String(contentsOf: GuideTests.root.appending(path: path), encoding: .utf8)
    let folder = GuideTests.root.appending(path: "Examples")
    let files = try #require(FileManager.default.enumerator(atPath: folder.path))
    let sources = try files.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }
      .map { try String(contentsOf: folder.appending(path: $0), encoding: .utf8) }
    let blocks = guide.components(separatedBy: "```swift\n").dropFirst()
      .map { $0.components(separatedBy: "```")[0] }
    #expect(blocks.count >= least)
    for block in blocks {
      let inside = block.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.isEmpty ? "" : "  \($0)" }.joined(separator: "\n")
      #expect(
        sources.contains { $0.contains(block) || $0.contains(inside) }, "not compiled:\n\(block)")
    }
  }

  @Test func aModelInThisProcessAnswers() async throws {
    #expect(try await stream(model).count > 0)
    let bound = try await askForJSON(model)
    #expect(bound.text.wholeMatch(of: /\{\s*"sure"\s*:\s*(true|false)\s*\}/) != nil)
    #expect(try #require(bound.meanLogProbability) < 0)
    #expect(try await converse(model).count == 2)
    #expect((2...32).contains(try await batch(model)))
    #expect(try await impatient(model) == .cancelled)
  }

  @Test func nodesAnswerAloneAndBalanced() async throws {
    #expect(try await oneNode(model).node.hasPrefix("worker-127.0.0.1:"))
    let stats = try await balance(model)
    #expect(stats.finished == 4)
    #expect(stats.nodes.map(\.name) == ["node-1"])
    #expect(stats.nodes.map(\.requests) == [2])
  }

  @Test func aClusterAnswers() async throws {
    let status = try await cluster(model)
    #expect(status.healthyNodes == 2)
    #expect(status.finished == 1)
    #expect(status.strategy == "least-loaded")
  }
}
