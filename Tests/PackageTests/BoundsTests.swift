import Foundation
import Testing

@testable import LlamboCluster

/// The table of bounds in the architecture's document, held against the code.
struct BoundsTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// What is set for a cluster, but bounds nothing.
  private static let others: Set<String> = [
    "id", "types", "strategy", "healthCheckInterval", "autoScale", "minNodes", "scaleUpThreshold",
    "scaleDownThreshold", "scaleFactor",
  ]

  /// The names in the table's last column, such as `ClusterSettings.lease`. A name without its type
  /// has that of the one before it.
  private static func bounds() throws -> [(type: String, name: String?)] {
    let text = try String(
      contentsOf: root.appending(path: "Docs/ARCHITECTURE.md"), encoding: .utf8)
    let section = try #require(text.components(separatedBy: "\n## Bounds\n").dropFirst().first)
      .components(separatedBy: "\n## ")[0]
    let rows = section.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2)
    var type = ""
    return try rows.flatMap { row in
      let cell = try #require(row.split(separator: "|").last)
      let names = cell.split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }
      #expect(!names.isEmpty, "no name in \(row)")
      return names.map { _, name in
        let parts = name.split(separator: ".").map(String.init)
        if parts.count == 2 || parts[0].first?.isUppercase == true || parts[0].contains("_") {
          type = parts[0]
          return (type, parts.dropFirst().first)
        }
        return (type, parts[0])
      }
    }
  }

  @Test func eachBoundOfTheTableIsInTheCode() throws {
    let folder = Self.root.appending(path: "Sources")
    let files = try #require(FileManager.default.enumerator(atPath: folder.path))
      .compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".cpp") }
    let texts = try files.map {
      try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
    }
    for (type, name) in try Self.bounds() {
      let declaring = texts.filter { $0.contains(type) }
      #expect(!declaring.isEmpty, "no \(type) in the code")
      guard let name else { continue }
      #expect(
        declaring.contains { $0.contains("var \(name)") || $0.contains("let \(name)") },
        "no \(type).\(name) in the code")
    }
  }

  @Test func eachBoundOfAClusterIsInTheTable() throws {
    let told = Set(try Self.bounds().filter { $0.type == "ClusterSettings" }.compactMap(\.name))
    let there = Set(Mirror(reflecting: ClusterSettings()).children.compactMap(\.label))
    #expect(there.count > 20)
    #expect(there.subtracting(Self.others) == told)
    #expect(Self.others.isSubset(of: there))
  }
}
