import Foundation
import Testing

/// The documents' links among themselves: each leads to a file that is there and, where it names one,
/// to a heading in it.
struct LinkTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .standardizedFileURL

  private static let documents: [String] = {
    let docs = (try? FileManager.default.contentsOfDirectory(atPath: root.path + "/Docs")) ?? []
    return ["README.md", "Benchmarks/README.md", "models/llambo-tiny/README.md"]
      + docs.filter { $0.hasSuffix(".md") }.sorted().map { "Docs/" + $0 }
  }()

  /// A document's lines outside of code.
  private static func prose(of file: URL) throws -> [String] {
    var isCode = false
    return try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n").filter {
      if $0.hasPrefix("```") { isCode.toggle() }
      return !isCode
    }
  }

  /// What a browser calls the headings: lower case, without punctuation, spaces as dashes.
  private static func anchors(in file: URL) throws -> Set<String> {
    Set(
      try prose(of: file).compactMap { line in
        line.firstMatch(of: /^#+ (.+)$/).map { match in
          String(
            match.1.lowercased().compactMap { letter in
              if letter == " " { return "-" }
              return letter.isLetter || letter.isNumber || "-_".contains(letter) ? letter : nil
            })
        }
      })
  }

  @Test(arguments: documents) func everyLinkLeadsSomewhere(_ document: String) throws {
    let file = Self.root.appending(path: document)
    let text = try Self.prose(of: file).joined(separator: "\n")
    for match in text.matches(of: /\]\(([^)\s]+)\)/) where !match.1.contains("://") {
      let parts = match.1.split(separator: "#", omittingEmptySubsequences: false)
      let target =
        parts[0].isEmpty
        ? file : file.deletingLastPathComponent().appending(path: String(parts[0]))
      #expect(
        FileManager.default.fileExists(atPath: target.standardizedFileURL.path),
        "\(document): \(match.1)")
      guard parts.count == 2, target.pathExtension == "md" else { continue }
      #expect(try Self.anchors(in: target).contains(String(parts[1])), "\(document): \(match.1)")
    }
  }
}
