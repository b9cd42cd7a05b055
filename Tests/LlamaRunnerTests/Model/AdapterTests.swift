import Foundation
import Testing

@testable import LlamaRunner

@Suite struct AdapterTests {
  let base: Model
  let scratch = try! Scratch()

  init() throws { base = try TestModel.load() }

  func model(_ adapters: [Adapter]) throws -> Model {
    try Model(path: base.path, options: ModelOptions(adapters: adapters))
  }

  func logits(_ model: Model) throws -> [Float] {
    var decoder = try TokenDecoder(model: model, contextSize: 32)
    try decoder.decode(Tokens.buildBatch(try model.tokenize("A cluster is"), startPosition: 0))
    return decoder.logits
  }

  @Test func anAdapterChangesWhatTheModelComputesAsMuchAsItsScale() throws {
    let file = try scratch.write("lora.gguf", LoRAFile(for: base).bytes(value: 0.1))
    let plain = try logits(base)
    #expect(try logits(model([Adapter(path: file, scale: 0)])) == plain)
    func change(_ scale: Double) throws -> Float {
      zip(try logits(model([Adapter(path: file, scale: scale)])), plain)
        .map { abs($0 - $1) }.max() ?? 0
    }
    let (small, large) = (try change(0.1), try change(1))
    #expect(small > 0)
    #expect(large > small)
    // Two halves are a whole.
    let halves = try logits(model(Array(repeating: Adapter(path: file, scale: 0.5), count: 2)))
    let whole = try logits(model([Adapter(path: file)]))
    #expect(zip(halves, whole).allSatisfy { abs($0 - $1) < 0.1 + large / 10 })
    let embedding = try model([Adapter(path: file, scale: 10)]).embedding(of: "A cluster is")
    #expect(embedding != (try base.embedding(of: "A cluster is")))
  }

  @Test func whatIsNoAdapterIsRefused() throws {
    expectError(.adapterNotFound) { try model([Adapter(path: scratch.path + "/none.gguf")]) }
    expectError(.adapterInvalid) { try model([Adapter(path: scratch.path)]) }
    let text = try scratch.write("text.gguf", "no adapter")
    expectError(.adapterInvalid) { try model([Adapter(path: text)]) }
    let error = expectError(.adapterInvalid) { try model([Adapter(path: base.path)]) }
    #expect(error?.message.contains("adapter") == true)
    expectError(.invalidParameter) { try model([Adapter(path: text, scale: .nan)]) }
  }

  @Test func anAdapterForAnotherModelIsRefused() throws {
    func refuse(_ name: String, _ change: (inout LoRAFile) -> Void) throws {
      var file = LoRAFile(for: base)
      change(&file)
      let path = try scratch.write(name, file.bytes(value: 1))
      let error = expectError(.adapterInvalid) { try model([Adapter(path: path)]) }
      #expect(error?.message.hasPrefix("\(path): ") == true)
    }
    try refuse("architecture.gguf") { $0.architecture = "qwen2" }
    try refuse("type.gguf") { $0.type = "model" }
    try refuse("tensor.gguf") { $0.tensor = "blk.99.attn_q.weight" }
    try refuse("shape.gguf") { $0.columns += 32 }
  }

  @Test func aCutAdapterIsRefused() throws {
    let bytes = LoRAFile(for: base).bytes(value: 1)
    for count in [4, 8, 40, bytes.count / 2, bytes.count - 64] {
      let path = try scratch.write("cut.gguf", bytes.prefix(count))
      expectError(.adapterInvalid) { try model([Adapter(path: path)]) }
    }
  }
}
