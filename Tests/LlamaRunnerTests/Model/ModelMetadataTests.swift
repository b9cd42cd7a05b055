import Testing

@testable import LlamaRunner

@Suite struct ModelMetadataTests {
  let scratch = try! Scratch()

  @Test func allFieldsAreRead() throws {
    let weights = try scratch.write("Q4_K_M/tiny.gguf", "GGUF")
    let file = try scratch.write(
      "model.json",
      """
      {"name": "Tiny", "path": "Q4_K_M/tiny.gguf", "architecture": "qwen", "parameters": "1.8B",
       "quantization": "Q4_K_M", "context_length": 4096, "description": "Small"}
      """)
    let expected = ModelMetadata(
      name: "Tiny", path: "Q4_K_M/tiny.gguf", architecture: "qwen", parameters: "1.8B",
      quantization: "Q4_K_M", contextLength: 4096, description: "Small", modelPath: weights)
    #expect(try ModelMetadata.load(from: file) == expected)
    #expect(try ModelMetadata.load(from: scratch.path) == expected)
  }

  @Test func nameAndPathSuffice() throws {
    let weights = try scratch.write("elsewhere/tiny.gguf", "GGUF")
    let file = try scratch.write("model.json", #"{"name": "T", "path": "\#(weights)"}"#)
    let metadata = try ModelMetadata.load(from: file)
    #expect(metadata.modelPath == weights)
    #expect(metadata.contextLength == nil)
  }

  @Test(arguments: [
    (#"{"path": "a.gguf"}"#, #""name" is missing"#),
    (#"{"name": "", "path": "a.gguf"}"#, #""name" is missing"#),
    (#"{"name": "T"}"#, #""path" is missing"#),
    (#"{"name": 3, "path": "a.gguf"}"#, #""name" must be a string, not a number"#),
    (#"{"name": "T", "path": ["a"]}"#, #""path" must be a string, not an array"#),
    (#"{"name": "T", "path": "a.gguf", "context_length": "4096"}"#, "not a string"),
    (#"{"name": "T", "path": "a.gguf", "context_length": 0}"#, "from 1 up, not 0"),
    (#"{"name": "T", "path": "a.gguf", "context_length": 1.5}"#, "from 1 up, not 1.5"),
    (#"{"name": "T", "path": "a.gguf", "contextlength": 1}"#, #"unknown field "contextlength""#),
    (#"{"name": "T", "name": "U", "path": "a.gguf"}"#, "occurs twice"),
    (#"["name"]"#, "must be an object, not an array"),
    (#"{"name": "T","#, "is not JSON"),
    ("", "is not JSON"),
  ])
  func whatIsWrongIsNamed(json: String, expected: String) throws {
    let file = try scratch.write("model.json", json)
    let error = expectError(.metadataInvalid) { try ModelMetadata.load(from: file) }
    #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
    #expect(error?.message.hasPrefix(file) == true)
  }

  @Test func aPathThatLeadsNowhereNamesBothPlaces() throws {
    let file = try scratch.write("model.json", #"{"name": "T", "path": "Q8_0/gone.gguf"}"#)
    let error = expectError(.modelNotFound) { try Model(path: file) }
    #expect(error?.message.contains("\(scratch.path)/Q8_0/gone.gguf") == true)
  }

  @Test func aPathToSomethingElseIsNoModel() throws {
    _ = try scratch.write("notes.gguf", "not a model at all")
    let file = try scratch.write("model.json", #"{"name": "T", "path": "notes.gguf"}"#)
    expectError(.modelNotGGUF) { try Model(path: file) }
  }

  @Test func nothingThereIsNotFound() throws {
    expectError(.modelNotFound) { try ModelMetadata.load(from: scratch.path + "/model.json") }
    let error = expectError(.modelNotFound) { try ModelMetadata.load(from: scratch.path) }
    #expect(error?.message.contains("holds no model.json") == true)
  }

  @Test func aHugeDescriptionIsRefused() throws {
    let text = String(repeating: " ", count: ModelMetadata.sizeLimit)
    let file = try scratch.write("model.json", text + "{}")
    expectError(.metadataInvalid) { try ModelMetadata.load(from: file) }
  }
}
