import Foundation
import Testing

@testable import LlamaRunner

@Suite struct ModelCompareTests {
  let scratch = try! Scratch()

  @Test(arguments: [
    ("llama", "llama"), ("Llama", "llama"), ("llama2", "llama"), ("CodeLlama", "llama"),
    ("mistral", "llama"), ("Vicuna", "llama"), ("qwen", "qwen2"), ("qwen2", "qwen2"),
    ("Qwen1.5", "qwen15"), ("qwen", "qwen3moe"), ("phi", "phi3"), ("gpt-oss", "gpt_oss"),
  ])
  func aFamilyHasItsArchitectures(said: String, found: String) {
    #expect(ModelFamily.matches(said, found))
  }

  @Test(arguments: [
    ("qwen", "llama"), ("llama", "qwen2"), ("mistral", "qwen2"), ("", "llama"), ("q", "qwen2"),
    ("gemma", "gpt2"),
  ])
  func anotherFamilyHasNot(said: String, found: String) {
    #expect(!ModelFamily.matches(said, found))
  }

  @Test(arguments: [
    ("1.8B", 1.8e9), ("494M", 494e6), ("8x7B", 56e9), ("30B-A3B", 30e9), ("1.8 b", 1.8e9),
    ("70", 70), ("E2B", nil), ("large", nil), ("", nil), ("8xB", nil), ("1.2.3B", nil),
  ])
  func parametersAreNumbers(text: String, expected: Double?) {
    let number = ModelMetadata.number(of: text)
    #expect(number.map { ($0 * 1000).rounded() } == expected.map { ($0 * 1000).rounded() })
  }

  @Test(arguments: [
    (#""architecture": "qwen""#, #""architecture" is "qwen", but"#, #"has "llama""#),
    (#""quantization": "Q4_K_M""#, #""quantization" is "Q4_K_M", but"#, #"has "Q8_0""#),
    (#""context_length": 1000000"#, #""context_length" is 1000000, but"#, "has at most 2048"),
    (#""parameters": "1.8B""#, #""parameters" is "1.8B", but"#, "has 2"),
  ])
  func aDescriptionThatLiesIsNamed(field: String, said: String, found: String) throws {
    let weights = try TestModel.load().path
    let file = try scratch.write(
      "model.json", #"{"name": "Liar", "path": "\#(weights)", \#(field)}"#)
    let error = expectError(.metadataInvalid) { try Model(path: file) }
    #expect(error?.message.contains(said) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains(found) == true, "\(error?.message ?? "")")
  }

  @Test func whatIsTrueInOtherWordsIsTaken() throws {
    let weights = try TestModel.load().path
    let file = try scratch.write(
      "model.json",
      """
      {"name": "True", "path": "\(weights)", "architecture": "Llama", "quantization": "q8-0",
       "context_length": 2048, "parameters": "2M"}
      """)
    #expect(try ModelFile(path: file).metadata?.name == "True")
  }

  @Test func partsAreFoundBesideTheFirst() throws {
    let names = (1...3).map { "split-0000\($0)-of-00003.gguf" }
    for (index, name) in names.enumerated() { try write(part: index, of: 3, as: name) }
    let file = try ModelFile(path: scratch.path + "/" + names[0])
    #expect(file.otherParts.count == 2)
    #expect(file.parameterCount == file.header.parameterCount * 3)
    #expect(file.size == file.header.fileSize + file.otherParts.reduce(0) { $0 + $1.fileSize })
  }

  @Test func aPartThatIsMissingOrAnotherIsNamed() throws {
    try write(part: 0, of: 3, as: "lone.gguf")
    expect(.modelUnsupported, "must end in -00001-of-00003.gguf", for: "lone.gguf")
    try write(part: 1, of: 3, as: "a-00002-of-00003.gguf")
    expect(.modelUnsupported, "name the first part", for: "a-00002-of-00003.gguf")
    try write(part: 0, of: 3, as: "a-00001-of-00003.gguf")
    expect(.modelNotFound, "a-00003-of-00003.gguf", for: "a-00001-of-00003.gguf")
    try write(part: 1, of: 3, as: "a-00003-of-00003.gguf")
    expect(.modelDamaged, "part 2 of 3, not 3 of 3", for: "a-00001-of-00003.gguf")
  }

  private func write(part: Int, of count: Int, as name: String) throws {
    var builder = GGUFBuilder.sound()
    if part > 0 { builder.fields = [] }
    builder.set("split.no", short: UInt16(part))
    builder.set("split.count", short: UInt16(count))
    _ = try scratch.write(name, .init(builder.bytes()))
  }

  private func expect(_ code: LlamaError.Code, _ words: String, for name: String) {
    let error = expectError(code) { try ModelFile(path: scratch.path + "/" + name) }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
  }
}
