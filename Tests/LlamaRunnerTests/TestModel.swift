import Foundation
import Testing

@testable import LlamaRunner

/// The repository's own model.
enum TestModel {
  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "models/llambo-tiny").path

  private static let loaded = Result { () throws(LlamaError) in try Model(path: folder) }

  static func load() throws -> Model { try loaded.get() }

  /// Draws that are close to uniform: long answers, with characters cut across tokens.
  static func hot(maxTokens: Int, seed: UInt32 = 7) -> GenerationParams {
    var params = GenerationParams(
      maxTokens: maxTokens, temperature: 5, topP: 1, topK: 0, seed: seed)
    params.ignoreEOS = true
    return params
  }

  /// Without the tokens that name a topic, which are no text and come back in no prompt.
  static func texts(_ tokens: [Token], _ model: Model) -> [Token] {
    tokens.filter { !model.text(of: [$0], renderSpecial: true).hasPrefix("<|topic_") }
  }

  static func greedy(maxTokens: Int) -> GenerationParams {
    GenerationParams(maxTokens: maxTokens, temperature: 0)
  }
}

/// A folder for one test, removed with it.
final class Scratch {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "llambo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ data: Data) throws -> String {
    let file = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try data.write(to: URL(filePath: file))
    return file
  }

  func write(_ name: String, _ text: String) throws -> String {
    try write(name, Data(text.utf8))
  }
}

/// Expects a `LlamaError` of that code; returns it.
@discardableResult
func expectError<Value>(
  _ code: LlamaError.Code, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Value
) -> LlamaError? {
  let error = #expect(throws: LlamaError.self, sourceLocation: sourceLocation) {
    _ = try body()
  }
  if let error { #expect(error.code == code, "\(error)", sourceLocation: sourceLocation) }
  return error
}
