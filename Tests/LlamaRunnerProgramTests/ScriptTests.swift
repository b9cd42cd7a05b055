import Foundation
import LlamaRunner
import Testing

/// The program between pipes.
@Suite(.timeLimit(.minutes(2))) struct ScriptTests {
  let greedy = ["--model", Runner.model, "--temperature", "0", "--max", "24"]

  func expected(_ questions: [String]) throws -> [String] {
    let runner = try LlamaRunner(modelPath: Runner.model)
    try runner.initStateful(GenerationParams(maxTokens: 24, temperature: 0))
    return try questions.map { try runner.generateStateful($0).text }
  }

  @Test func aScriptIsAnsweredLineByLine() throws {
    let questions = ["What is a cluster?", "And a node?"]
    let result = try run(greedy, input: "  What is a cluster?\r\n\n  \nAnd a node?")
    #expect(result.output == (try expected(questions)).map { $0 + "\n" }.joined())
    #expect(result.errors == "")
    #expect(result.status == 0)
  }

  @Test func aStatelessScriptForgets() throws {
    let question = "What is a cluster?\n"
    let result = try run(greedy + ["--stateless"], input: question + "And a node?\n" + question)
    #expect(result.lines.count == 3)
    #expect(result.lines[0] == result.lines[2])
    #expect(result.lines[0] == (try expected(["What is a cluster?"]))[0])
  }

  @Test func onePromptIsAnswered() throws {
    let result = try run(greedy + ["--prompt", "What is a cluster?"])
    #expect(result.output == (try expected(["What is a cluster?"]))[0] + "\n")
    #expect(result.status == 0)
    #expect(try run(greedy + ["--prompt", ""]).status == 1)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "there is no /dev/full"))
  func anAnswerThatCannotBeWrittenIsAFailure() throws {
    for options in [["--prompt", "Hello"], []] {
      let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
      let runner = try PipedRunner(greedy + options, output: full)
      try? runner.write(Data("Hello\nAnd a node?\n".utf8))
      try runner.endInput()
      let errors = try runner.finishErrors()
      #expect(errors == "the output could not be written: No space left on device\n")
      #expect(runner.status == 71)
    }
  }

  @Test func sayingChangesThePromptAlone() throws {
    let plain = try run(greedy + ["-p", "What is a node?"])
    let said = try run(greedy + ["-p", "What is a NODE?", "--say", "NODE=node"])
    #expect(said.output == plain.output)
  }

  @Test func commandsAreDone() throws {
    let result = try run(
      greedy,
      input: "/test getHTTPResponse\nHello\n/stats\n/clear\n/stats\n/help\n/exit\nnever answered\n")
    #expect(result.output.contains("said     get H-T-T-P Response\n"))
    #expect(result.output.contains("quality  0.15 written, 1.00 said\n"))
    #expect(result.output.contains("answers  1, "))
    #expect(result.output.contains("context  0 of 2048 tokens, 0.0 %\n"))
    #expect(result.output.contains("/clear      forget the conversation"))
    #expect(result.lines.last?.contains("Ctrl-C") == true)
    #expect(result.status == 0)
  }

  @Test func mistakesAreSaidAndTheRestIsAnswered() throws {
    let long = String(repeating: "go ", count: 3000)
    let huge = String(repeating: "x", count: 1 << 21)
    let result = try run(
      greedy, input: "/tset\n/test\n/clear all\n\(long)\n\(huge)\nWhat is a cluster?\n")
    #expect(result.output == (try expected(["What is a cluster?"]))[0] + "\n")
    let errors = result.errors.split(separator: "\n")
    #expect(errors.count == 5)
    #expect(errors[0] == "llama-runner: there is no command /tset; did you mean /test?")
    #expect(errors[3].contains("prompt_too_long"))
    #expect(errors[4].contains("1048576 bytes"))
    #expect(result.status == 1)
  }

  @Test func aLongScriptForgetsByItself() throws {
    let questions = (1...12).map { "What is node \($0) of a cluster?\n" }.joined()
    let result = try run(
      greedy + ["--context-size", "160", "--system", "Be brief."], input: questions)
    #expect(result.lines.count >= 12)
    #expect(result.status == 0)
  }

  /// The output's pipe is not read, so the answer is stopped while it is under way.
  @Test func anInterruptStopsTheAnswerAlone() throws {
    let arguments = [
      "--model", Runner.model, "--temperature", "5", "--top-p", "1", "--top-k", "0", "--max",
      "2000",
      "--seed", "9", "--stateless",
    ]
    let whole = try run(arguments, input: "What is a cluster?\n")
    try #require(whole.output.utf8.count > 5000)
    let runner = try PipedRunner(arguments)
    #if os(Linux)
    let setSize: Int32 = 1031  // F_SETPIPE_SZ
    #expect(fcntl(runner.output.fileHandleForReading.fileDescriptor, setSize, 4096) == 4096)
    #endif
    try runner.write(Data("What is a cluster?\n/test API\n".utf8))
    let first = try #require(try runner.output.fileHandleForReading.read(upToCount: 1))
    runner.interrupt()
    try runner.endInput()
    let result = try runner.finish()
    let stopped = String(decoding: first, as: UTF8.self) + result.output
    #expect(result.status == 0)
    #expect(stopped.hasSuffix("quality  0.65 written, 1.00 said\n"))
    #expect(stopped.utf8.count < whole.output.utf8.count)
  }
}
