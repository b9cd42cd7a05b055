import Foundation
import LlamboConfig
import Testing

/// What the checkout ships beside the code.
@Suite struct ShippedTests {
  @Test func `The shipped configuration suits a laptop`() throws {
    let config = try ClusterConfig.load("\(checkout)/cluster-config.yaml")
    var expected = ClusterConfig()
    expected.file = config.file
    #expect(config.nodeTypes.map(\.name) == ["tiny", "medium", "large"])
    #expect(config.nodeTypes.map(\.count) == [3, 0, 0])
    #expect(config.nodeTypes.allSatisfy { $0.resources.model == "llambo-tiny" })
    #expect(config.nodeTypes.map(\.resources.cpu) == [1, 2, 4])
    #expect(config.nodeTypes.map(\.resources.memory) == [128_000_000, 512_000_000, 8_000_000_000])
    #expect(config.nodeTypes.map(\.resources.contextSize) == [512, 1024, 2048])
    #expect(config.nodeTypes.map(\.resources.slots) == [4, 8, 16])
    #expect(config.nodeTypes.map(\.resources.threads) == [1, 2, 4])
    expected.nodeTypes = config.nodeTypes
    #expect(config.orchestrator.metricsListen?.description == "127.0.0.1:9464")
    expected.orchestrator.metricsListen = config.orchestrator.metricsListen
    #expect(config == expected)
  }

  @Test func `The shipped configuration writes out every key that has a default`() throws {
    let text = try String(contentsOfFile: "\(checkout)/cluster-config.yaml", encoding: .utf8)
    for key in ConfigKey.all where key.defaultText != nil {
      let word = try #require(key.path.split(separator: ".").last)
      #expect(text.contains(" \(word): "), "\(key.path)")
    }
  }

  @Test func `The documentation holds the table of keys`() throws {
    let page = try String(contentsOfFile: "\(checkout)/Docs/CONFIGURATION.md", encoding: .utf8)
    let documented = page.split(separator: "\n").filter {
      $0.contains("cluster.") && $0.hasPrefix("|")
    }
    let keys = ConfigKey.markdownTable.split(separator: "\n").dropFirst(2)
    #expect(documented == Array(keys))
    #expect(page.contains(ConfigKey.markdownTable))
  }

  @Test func `Every default is a value that its own key takes`() throws {
    for key in ConfigKey.all {
      guard let value = key.defaultText, !key.path.contains("TYPE") else { continue }
      let words = key.path.split(separator: ".")
      let text =
        words.dropLast().map { "{\($0): " }.joined() + "{\(words.last!): \(value)}"
        + String(repeating: "}", count: words.count - 1)
      #expect(problems(text) == [], "\(key.path)")
    }
  }
}
