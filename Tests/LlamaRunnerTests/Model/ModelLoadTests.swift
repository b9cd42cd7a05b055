import Foundation
import Testing

@testable import LlamaRunner

@Suite struct ModelLoadTests {
  let scratch = try! Scratch()

  @Test func aFolderADescriptionAndAFileLeadToTheSameModel() throws {
    let byFolder = try TestModel.load()
    let byDescription = try Model(path: TestModel.folder + "/model.json")
    let byFile = try Model(path: byFolder.path)
    #expect(byFolder.metadata == byDescription.metadata)
    #expect(byFolder.name == byDescription.name)
    #expect(byFile.metadata == nil)
    for model in [byDescription, byFile] {
      #expect(model.path == byFolder.path)
      #expect(model.fileSize == byFolder.fileSize)
      #expect(model.architecture == byFolder.architecture)
      #expect(model.vocabularySize == byFolder.vocabularySize)
      #expect(model.parameterCount == byFolder.parameterCount)
    }
  }

  @Test func theModelDescribesItself() throws {
    let model = try TestModel.load()
    #expect(model.architecture == "llama")
    #expect(model.quantization == "Q8_0")
    #expect(model.contextLength == model.metadata?.contextLength)
    #expect(model.contextLength <= model.trainedContextLength)
    #expect(model.tensorSize < model.fileSize)
    #expect(model.parameterCount > UInt64(model.vocabularySize * model.embeddingSize))
  }

  @Test func aSmallerContextOfTheDescriptionIsKept() throws {
    let weights = try TestModel.load().path
    let file = try scratch.write(
      "model.json", #"{"name": "Short", "path": "\#(weights)", "context_length": 64}"#)
    let model = try Model(path: file)
    #expect(model.name == "Short")
    #expect(model.contextLength == 64)
  }

  @Test func readingInsteadOfMappingGivesTheSameAnswers() throws {
    let mapped = LlamaRunner(model: try TestModel.load())
    let read = try LlamaRunner(
      modelPath: TestModel.folder, options: ModelOptions(useMemoryMap: false))
    let params = TestModel.greedy(maxTokens: 16)
    #expect(
      try read.generateStateless("The cluster", params: params)
        == mapped.generateStateless("The cluster", params: params))
  }

  @Test func whatIsNoModelIsRefused() throws {
    expectError(.modelNotFound) { try Model(path: scratch.path + "/none.gguf") }
    expectError(.modelNotFound) { try Model(path: scratch.path) }
    expectError(.modelNotFound) { try Model(path: "") }
    expectError(.modelNotGGUF) { try Model(path: "/dev/null") }
    expectError(.modelNotGGUF) { try Model(path: try scratch.write("empty.gguf", "")) }
    expectError(.modelNotGGUF) { try Model(path: try scratch.write("text.gguf", "Hello, world")) }
    let folder = try scratch.write("weights.gguf/file", "")
    let description = try scratch.write("model.json", #"{"name": "F", "path": "weights.gguf"}"#)
    #expect(FileManager.default.fileExists(atPath: folder))
    expectError(.modelNotGGUF) { try Model(path: description) }
  }

  @Test func aStrangeVersionIsNamed() throws {
    let path = try scratch.write(
      "new.gguf", Data("GGUF".utf8) + Data([9, 0, 0, 0]) + Data(count: 64))
    let error = expectError(.modelUnsupported) { try Model(path: path) }
    #expect(error?.message.contains("version 9") == true)
  }

  /// Cuts within the magic, the counts, the metadata, the tensor table and the weights.
  @Test func aCutFileIsTruncatedWhereverItIsCut() throws {
    let whole = try Data(contentsOf: URL(filePath: try TestModel.load().path))
    for size in [1, 3] {
      let path = try scratch.write("cut.gguf", whole.prefix(size))
      expectError(.modelNotGGUF) { try Model(path: path) }
    }
    let sizes =
      [4, 7, 8, 15, 23, 24, 40, 100, 1_000, 10_000] + (1...9).map { whole.count * $0 / 10 }
      // The last tensor may be followed by less than 32 bytes that belong to none.
      + [whole.count - 32]
    for size in sizes {
      let path = try scratch.write("cut.gguf", whole.prefix(size))
      let error = expectError(.modelTruncated) { try Model(path: path) }
      #expect(error?.message.contains("cut.gguf") == true, "\(size) bytes")
    }
  }

  @Test func anArchitectureThatIsUnknownIsNamed() throws {
    var bytes = try Data(contentsOf: URL(filePath: try TestModel.load().path))
    let key = try #require(bytes.range(of: Data("general.architecture".utf8)))
    let value = try #require(bytes.range(of: Data("llama".utf8), in: key.upperBound..<bytes.count))
    bytes.replaceSubrange(value, with: Data("zzama".utf8))
    let path = try scratch.write("strange.gguf", bytes)
    let error = expectError(.modelUnsupported) { try Model(path: path) }
    #expect(error?.message.contains("zzama") == true, "\(error?.message ?? "")")
  }

  /// llama.cpp asserts that there is a BOS token to add, and would end the process.
  @Test func anAssertionOfLlamaCppIsAnError() throws {
    let bytes = try Data(contentsOf: URL(filePath: try TestModel.load().path))
    var builder = try GGUFBuilder(of: [UInt8](bytes))
    builder.set("tokenizer.ggml.pre", text: "glm4")
    builder.set("tokenizer.ggml.bos_token_id", .max)
    builder.set("tokenizer.ggml.add_bos_token", kind: 7, [1])
    let path = try scratch.write("strange.gguf", Data(builder.bytes()))
    let error = expectError(.modelUnsupported) { try Model(path: path) }
    #expect(error?.message.contains("GGML_ASSERT") == true, "\(error?.message ?? "")")
  }

  @Test func aModelInPartsAnswersLikeTheWhole() throws {
    let whole = try TestModel.load()
    var first = try GGUFBuilder(of: [UInt8](try Data(contentsOf: URL(filePath: whole.path))))
    var second = GGUFBuilder()
    first.set("split.tensors.count", kind: 5, GGUFBuilder.bytes(UInt32(first.tensors.count)))
    second.tensors = first.tensors.suffix(10)
    first.tensors.removeLast(10)
    let cut = Int(first.tensors.reduce(0) { first.padded($0 + first.size(of: $1)) })
    second.weights = first.weights.map { Array($0[cut...]) }
    first.weights?.removeSubrange(cut...)
    first.set("split.no", short: 0)
    first.set("split.count", short: 2)
    second.set("split.no", short: 1)
    second.set("split.count", short: 2)
    _ = try scratch.write("m-00002-of-00002.gguf", Data(second.bytes()))
    let path = try scratch.write("m-00001-of-00002.gguf", Data(first.bytes()))
    let model = try Model(path: path)
    #expect(model.parameterCount == whole.parameterCount)
    let params = TestModel.greedy(maxTokens: 12)
    #expect(
      try LlamaRunner(model: model).generateStateless("The cluster", params: params)
        == LlamaRunner(model: whole).generateStateless("The cluster", params: params))
  }
}
