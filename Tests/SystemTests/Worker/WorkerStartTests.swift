import Foundation
import Testing

extension SystemTests {
  /// A worker that cannot start says what is wrong, and ends.
  @Suite struct WorkerStartTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    /// Runs a worker that must not start; returns what it says.
    private func refusal(_ status: Int32, _ arguments: String...) throws -> String {
      let result = try box.run(Programs.worker, arguments)
      #expect(result.end == .status(status), "\(result.errors)")
      #expect(result.errors.hasPrefix("llambo-worker: "))
      return result.errors
    }

    @Test func missingModelIsNamed() throws {
      let errors = try refusal(65, "--model", box.path("nowhere"))
      #expect(errors.contains("model_not_found: \(box.path("nowhere")): No such file"))
    }

    @Test func truncatedModelIsRecognised() throws {
      let whole = try #require(
        FileManager.default.contents(atPath: Programs.model + "/Q8_0/llambo-tiny-q8_0.gguf"))
      for count in [6, 1000, whole.count / 2] {
        let path = box.path("cut.gguf")
        try whole.prefix(count).write(to: URL(fileURLWithPath: path))
        #expect(try refusal(65, "--model", path).contains("model_truncated: \(path)"))
      }
    }

    @Test func fileThatIsNoModelIsRecognised() throws {
      try File.write("#!/bin/sh\n", to: box.path("script.gguf"))
      let errors = try refusal(65, "--model", box.path("script.gguf"))
      #expect(errors.contains("model_not_gguf"))
      #expect(errors.contains("does not begin with \"GGUF\""))
    }

    @Test func folderWithoutADescriptionSaysSo() throws {
      #expect(try refusal(65, "--model", box.folder).contains("model.json"))
    }

    @Test func portInUseSaysWhatToDo() throws {
      let first = try box.worker()
      let errors = try refusal(69, "--model", Programs.model, "--listen", first.address)
      #expect(errors.contains("cannot listen on \(first.address): Address already in use"))
      #expect(errors.contains("stop it, or choose another one"))
    }

    @Test(arguments: ["0.0.0.0:0", "[::]:0", "192.168.0.1:9000"])
    func addressBeyondThisMachineIsRefused(_ address: String) throws {
      let errors = try refusal(69, "--model", Programs.model, "--listen", address)
      #expect(errors.contains("only loopback addresses"))
    }

    @Test func misspelledOptionIsGuessed() throws {
      #expect(try refusal(64, "--modle", "x").contains("did you mean \"--model\"?"))
      #expect(try refusal(64).contains("--model"))
      #expect(try refusal(64, "--model", "x", "--slots", "0").contains("from 1 to 256"))
    }
  }
}
