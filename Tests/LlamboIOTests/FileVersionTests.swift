import Foundation
import Testing

@testable import LlamboIO

@Suite struct FileVersionTests {
  private func withFile(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "llambo-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "model.gguf")
    try Data("old weights".utf8).write(to: file)
    try body(file)
  }

  @Test func anUntouchedFileIsTheSame() throws {
    try withFile { file in
      let version = try #require(FileVersion(of: file.path))
      #expect(FileVersion(of: file.path) == version)
      let link = file.path + ".link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file.path)
      #expect(FileVersion(of: link) == version)
    }
  }

  @Test func anotherFileOfTheSameSizeInItsPlaceIsAnotherOne() throws {
    try withFile { file in
      let version = FileVersion(of: file.path)
      let other = file.path + ".new"
      try Data("new weights".utf8).write(to: URL(filePath: other))
      #expect(rename(other, file.path) == 0)
      #expect(FileVersion(of: file.path) != version)
    }
  }

  @Test func aFileThatGrewIsAnotherOne() throws {
    try withFile { file in
      let version = FileVersion(of: file.path)
      let handle = try FileHandle(forWritingTo: file)
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("!".utf8))
      try handle.close()
      #expect(FileVersion(of: file.path) != version)
    }
  }

  @Test func noFileHasNoVersion() throws {
    try withFile { file in #expect(FileVersion(of: file.path + ".none") == nil) }
  }
}
