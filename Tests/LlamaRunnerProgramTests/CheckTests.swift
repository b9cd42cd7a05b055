import Foundation
import Testing

/// `--check`, and how the program refuses what is wrong.
@Suite(.timeLimit(.minutes(2))) struct CheckTests {
  @Test func theShippedModelPasses() throws {
    let result = try run(["--model", Runner.model + "/model.json", "--check"])
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.lines.contains("architecture   llama"))
    #expect(result.lines.contains("quantization   Q8_0"))
    #expect(result.lines.contains("context        2048 tokens, trained for 2048"))
    #expect(result.lines.last == "The model is valid.")
  }

  @Test func aDescriptionOfAnotherModelFails() throws {
    let scratch = try Scratch()
    let weights = Runner.model + "/Q8_0/llambo-tiny-q8_0.gguf"
    let file = try scratch.write(
      "model.json",
      #"{"name": "Other", "path": "\#(weights)", "quantization": "Q4_K_M", "context_length": 4096}"#
    )
    let result = try run(["--model", file, "--check"])
    #expect(result.status == 65)
    #expect(result.errors.contains("\"quantization\" is \"Q4_K_M\""))
    #expect(result.errors.contains("has \"Q8_0\""))
  }

  @Test func llamasLogIsShownWhereItIsAskedFor() throws {
    let arguments = ["--model", Runner.model, "--check"]
    #expect(try run(arguments).errors == "")
    let loud = try run(arguments, environment: ["LLAMBO_LOG": "debug"])
    #expect(loud.errors.contains("llama_model_loader"))
    #expect(loud.output == (try run(arguments)).output)
  }

  @Test(
    arguments: [
      ([], 64, "--model"),
      (["--model"], 64, "--model needs a value"),
      (["--model", "m", "--max", "0"], 64, "--max"),
      (["--model", "m", "--threads", "many"], 64, "--threads"),
      (["--model", "m", "--chekc"], 64, "--check"),
      (["--model", "m", "--check", "--prompt", "x"], 64, "--prompt"),
      (["--model", "m", "--say", "word"], 64, "WRITTEN=SAID"),
      (["--model", "/nowhere/m.gguf"], 65, "model_not_found: /nowhere/m.gguf"),
      (["--model", "/nowhere/m.gguf", "--check"], 65, "model_not_found"),
      (["--model", "/dev/null", "--prompt", "x"], 65, "model_not_gguf"),
      (
        ["--model", Runner.model, "--adapter", "/nowhere/lora.gguf=0.5"], 65, "/nowhere/lora.gguf: "
      ),
      (["--model", Runner.model, "--context-size", "4096"], 64, "context_size"),
    ] as [([String], Int32, String)])
  func whatIsWrongIsSaid(arguments: [String], status: Int32, message: String) throws {
    let result = try run(arguments, input: "never answered\n")
    #expect(result.status == status)
    #expect(result.errors.contains(message))
    #expect(result.errors.hasPrefix("llama-runner: "))
    #expect(result.output == "")
  }
}
