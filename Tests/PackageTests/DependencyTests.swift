import Foundation
import LlamboJSON
import Testing

/// Who may know whom.
struct DependencyTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The Swift files of one room, or of all.
  private static func sources(of room: String = "") throws -> [URL] {
    let folder = root.appending(path: "Sources").appending(path: room)
    let files = try #require(FileManager.default.enumerator(atPath: folder.path))
    return files.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }
      .map { folder.appending(path: $0) }
  }

  /// The modules that a file imports, whatever stands before and behind `import`.
  private static func imports(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"),
        words[..<place].allSatisfy({
          $0.hasPrefix("@") || ["public", "package", "internal", "private"].contains($0)
        })
      else { return nil }
      let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
      let name = words[(place + 1)...].first { !kinds.contains(String($0)) }
      return name.map { String($0.prefix { $0 != "." && $0 != ";" }) }
    }
  }

  @Test(
    arguments: [
      ("LlamboJSON", []), ("LlamboWire", ["LlamboJSON"]),
      ("LlamboCluster", ["LlamboJSON", "LlamboWire"]),
      ("LlamboSimulator", ["LlamboCluster", "LlamboWire"]),
    ] as [(String, Set<String>)])
  func aPureRoomImportsOnlyItsLike(_ room: String, _ allowed: Set<String>) throws {
    let files = try Self.sources(of: room)
    #expect(!files.isEmpty)
    for file in files {
      let others = Set(try Self.imports(of: file)).subtracting(allowed)
      #expect(others == [], "\(file.lastPathComponent)")
    }
  }

  @Test func noRoomImportsFoundation() throws {
    let files = try Self.sources()
    #expect(files.count > 50)
    for file in files {
      let imports = try Self.imports(of: file)
      #expect(!imports.contains { $0.hasPrefix("Foundation") }, "\(file.lastPathComponent)")
    }
  }

  @Test func importsAreFoundHoweverTheyAreWritten() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).swift")
    defer { try? FileManager.default.removeItem(at: file) }
    let text = """
      // import A
      import B
      @testable import C
      package import D
      import struct E.F
        import G; let x = "import H"
      """
    try text.write(to: file, atomically: true, encoding: .utf8)
    #expect(try Self.imports(of: file) == ["B", "C", "D", "E", "G"])
  }

  @Test func thePackageDependsOnNoOther() throws {
    // A scratch folder of its own, for the running build holds the usual one.
    let scratch = FileManager.default.temporaryDirectory.appending(path: "llambo-\(UUID())")
    defer { try? FileManager.default.removeItem(at: scratch) }
    let description = try output(of: [
      "swift", "package", "dump-package", "--package-path", Self.root.path,
      "--scratch-path", scratch.path,
    ])
    let package = try JSON.parse(description)
    #expect(package["name"] == "Llambo")
    #expect(package["dependencies"] == [])
    let targets = try #require(package["targets"]?.array)
    for target in targets {
      for dependency in target["dependencies"]?.array ?? [] {
        #expect(dependency["product"] == nil, "\(target["name"] ?? .null)")
      }
    }
  }

  private func output(of command: [String]) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardOutput = pipe
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self)
  }
}
