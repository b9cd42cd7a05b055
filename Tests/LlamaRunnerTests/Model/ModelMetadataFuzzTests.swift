import Testing

@testable import LlamaRunner

/// Whatever a `model.json` says, it is read or refused with a typed error.
@Suite struct ModelMetadataFuzzTests {
  @Test func mutationsAreReadOrRefused() throws {
    let header = try GGUFHeader.read(bytes: GGUFBuilder.sound().bytes(), path: "sound.gguf")
    let sound = Array(
      #"""
      {"name": "T", "path": "/dev/null", "architecture": "llama", "parameters": "0.0012M",
       "quantization": "Q4_K_M", "context_length": 128, "description": "é\u00e9"}
      """#.utf8)
    var outcomes: Set<String> = []
    for seed in 0..<5_000 {
      var mutator = Mutator(seed: UInt64(seed))
      let bytes = seed == 0 ? sound : mutator.mutate(sound, within: sound.count)
      do throws(LlamaError) {
        let metadata = try ModelMetadata.read(bytes: bytes, file: "model.json")
        try metadata.compare(with: header)
        outcomes.insert("read")
      } catch {
        outcomes.insert(error.code.name)
      }
    }
    #expect(outcomes == ["read", "metadata_invalid", "model_not_found"])
  }
}
