#if os(Linux)
import Foundation
import TerminalHarness
import Testing

/// The program at a terminal.
@Suite(.timeLimit(.minutes(2)), .serialized) struct TerminalTests {
  let scratch: Scratch
  let history: String

  init() throws {
    scratch = try Scratch()
    history = scratch.path + "/deep/er/history"
  }

  func terminal(_ arguments: [String] = []) throws -> PseudoTerminal {
    let environment = ProcessInfo.processInfo.environment.merging(
      ["TERM": "xterm", "LANG": "C.UTF-8", "LLAMBO_HISTORY": history]
    ) { $1 }
    let terminal = try PseudoTerminal(
      try Runner.program.path, ["--model", Runner.model] + arguments,
      environment: environment.map { "\($0.key)=\($0.value)" })
    try terminal.wait(for: "Llambo Tiny. /help")
    try terminal.wait(for: "\n> ")
    return terminal
  }

  @Test func aPersonTalksWithTheModel() throws {
    let terminal = try terminal(["--temperature", "0", "--max", "24"])
    let answer = try run(
      ["--model", Runner.model, "--temperature", "0", "--max", "24", "-p", "What is a cluster?"])
    terminal.type("What is a cluster?\r")
    try terminal.wait(for: String(answer.output.prefix(20)))
    try terminal.wait(for: "\n> ")
    terminal.type("/exit\r")
    #expect(try terminal.finish() == 0)
  }

  @Test func linesAreEdited() throws {
    let terminal = try terminal()
    // Ctrl-A goes to the beginning, Ctrl-E to the end, Ctrl-W erases a word.
    terminal.type("test getURL\u{1}/\u{5} nonsense\u{17}\r")
    try terminal.wait(for: "said     get U-R-L")
    try terminal.wait(for: "\n> ")
    terminal.type("/sta\t\r")
    try terminal.wait(for: "of 2048 tokens")
    try terminal.wait(for: "\n> ")
    terminal.type("/test Größe漢字\r")
    try terminal.wait(for: "said     Größe漢字")
    try terminal.wait(for: "\n> ")
    // The prompt stands a moment before the editor listens; what it completed, it has heard.
    terminal.type("/sta\t")
    try terminal.wait(for: "ts")
    terminal.type("\u{15}\u{4}")
    #expect(try terminal.finish() == 0)
  }

  @Test func linesAreRememberedForTheirOwner() throws {
    var terminal = try terminal()
    terminal.type("/test rememberThis\r")
    try terminal.wait(for: "said     remember This")
    try terminal.wait(for: "\n> ")
    terminal.type("/exit\r")
    #expect(try terminal.finish() == 0)
    let mode = try FileManager.default.attributesOfItem(atPath: history)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    terminal = try self.terminal()
    terminal.type("\u{1b}[A\u{1b}[A\r")
    try terminal.wait(for: "said     remember This")
    try terminal.wait(for: "\n> ")
    terminal.type("/exit\r")
    #expect(try terminal.finish() == 0)
  }

  @Test func ctrlCStopsTheAnswerAndNotTheProgram() throws {
    let terminal = try terminal([
      "--temperature", "5", "--top-p", "1", "--top-k", "0", "--max", "2000", "--seed", "5",
    ])
    terminal.type("half a line")
    try terminal.wait(for: "half a line")
    terminal.type("\u{3}")
    try terminal.wait(for: "\n> ")
    terminal.type("What is a cluster?\r")
    try terminal.wait(for: "\n")
    terminal.type("\u{3}")
    try terminal.wait(for: "\n> ")
    terminal.type("/stats\r")
    try terminal.wait(for: "answers  ")
    try terminal.wait(for: "\n> ")
    terminal.type("/exit\r")
    #expect(try terminal.finish() == 0)
  }
}
#endif
