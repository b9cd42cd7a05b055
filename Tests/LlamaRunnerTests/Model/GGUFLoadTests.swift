import Foundation
import Testing

@testable import LlamaRunner

/// Mutated models that pass the check go to llama.cpp, each batch in a process of its own.
@Suite struct GGUFLoadTests {
  /// Models a process; LLAMBO_FUZZ_LOADS asks for more than one process of them.
  static let batch: UInt64 = 40
  static let batches =
    (ProcessInfo.processInfo.environment["LLAMBO_FUZZ_LOADS"].flatMap(UInt64.init) ?? batch) / batch

  @Test(arguments: 0..<max(batches, 1))
  func aMutatedModelLoadsOrIsRefused(batch: UInt64) async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      [batch] in
      let scratch = try Scratch()
      let path = try ModelMetadata.load(from: TestModel.folder).modelPath
      let real = try GGUFBuilder(of: [UInt8](try Data(contentsOf: URL(filePath: path))))
      for seed in batch * Self.batch..<(batch + 1) * Self.batch {
        Self.say("seed \(seed)")
        var mutator = Mutator(seed: seed)
        var model = real
        model.mutate(&mutator)
        let file = try scratch.write("mutated.gguf", Data(model.bytes()))
        do {
          let runner = LlamaRunner(model: try Model(path: file))
          _ = try runner.generateStateless(
            [ChatMessage(role: "user", content: "Hi")], params: TestModel.greedy(maxTokens: 2))
          Self.say("seed \(seed) answers")
        } catch let error as LlamaError {
          Self.say("seed \(seed) \(error)")
        }
      }
    }
    let lines = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    if ProcessInfo.processInfo.environment["LLAMBO_FUZZ_LOADS"] != nil { print(lines) }
    #expect(lines.contains("answers"), "no mutation came as far as an answer:\n\(lines)")
  }

  private static func say(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}
