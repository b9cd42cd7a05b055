import Testing

@testable import LlamaRunner

@Suite struct ModelValidationTests {
  @Test func theShippedModelIsWhatItSays() throws {
    let metadata = try loadModel(TestModel.folder)
    let validation = try validateModel(metadata)
    #expect(validation.isValid)
    #expect(validation.findings == [])
    #expect(validation.architecture == "llama")
  }

  @Test func everyFieldIsComparedWithTheFile() throws {
    var metadata = try loadModel(TestModel.folder)
    metadata.architecture = "qwen"
    metadata.parameters = "7B"
    metadata.quantization = "Q4_K_M"
    metadata.contextLength = 1 << 20
    let validation = try validateModel(metadata)
    #expect(validation.findings.map(\.field) == ModelValidation.Finding.Field.allCases)
    #expect(validation.findings.map(\.isError) == [true, false, true, false])
    #expect(!validation.isValid)
    #expect(
      validation.findings.map(\.description) == [
        "model.json says architecture qwen, the file says llama",
        "model.json says parameters 7B, the file says 1820352",
        "model.json says quantization Q4_K_M, the file says Q8_0",
        "model.json says context_length 1048576, the file says 2048",
      ])
  }

  @Test func whatCannotBeLoadedIsAnError() throws {
    let scratch = try Scratch()
    let file = try scratch.write("bad.gguf", "GGUF")
    let path = try scratch.write("model.json", #"{"name": "Bad", "path": "\#(file)"}"#)
    let metadata = try loadModel(path)
    #expect(throws: LlamaError.self) { try validateModel(metadata) }
    expectError(.modelNotFound) { try loadModel(scratch.path + "/none") }
  }

  @Test(arguments: [
    ("qwen", "qwen2", true), ("Qwen2", "qwen2", true), ("mistral", "llama", true),
    ("CodeLlama", "llama", true), ("gemma", "llama", false), ("llama", "qwen2", false),
    ("phi-3", "phi3", true), ("", "llama", false),
  ])
  func familiesGoByManyNames(stated: String, architecture: String, fits: Bool) {
    #expect(isFamily(stated, of: architecture) == fits)
  }

  @Test(arguments: [
    ("Q4_K_M", "Q4_K - Medium"), ("q8_0", "Q8_0"), ("F32", "all F32"), ("Q3_K_L", "Q3_K - Large"),
    ("Q5_K_S", "Q5_K - Small"), ("Q2_K", "Q2_K - Medium"), ("IQ4_XS", "IQ4_XS - 4.25 bpw"),
    ("F16", "(guessed) F16"),
  ])
  func quantizationsGoByTwoNames(stated: String, actual: String) {
    #expect(quantizationName(stated) == quantizationName(actual))
    #expect(quantizationName(stated) != quantizationName("Q6_K"))
  }

  @Test(
    arguments: [
      ("1.8B", 1.8e9), ("700M", 7e8), ("1.8 b", 1.8e9), ("15K", 15e3), ("8x7B", nil), ("many", nil),
      ("", nil), ("-1B", nil), ("123", 123),
    ] as [(String, Double?)])
  func sizesAreRead(text: String, number: Double?) {
    #expect(parameterNumber(text) == number)
  }
}
