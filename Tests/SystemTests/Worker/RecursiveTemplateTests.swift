import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// A worker whose model came with a chat template that would end it.
  @Suite struct RecursiveTemplateTests {
    @Test func theChatIsRefusedAndTheWorkerServesOn() throws {
      let box = try Sandbox()
      let model = box.path("recursive.gguf")
      try RecursiveTemplate.write(to: model)
      let worker = try box.worker(model)
      let client = try Client(worker.address)
      for _ in 1...3 {
        #expect(try client.answer(to: .chat("Hello")).errorCode == "template_failed")
        #expect(try client.answer(to: .infer("Hello", maxTokens: 3)).end?.kind == .done)
      }
    }
  }
}
