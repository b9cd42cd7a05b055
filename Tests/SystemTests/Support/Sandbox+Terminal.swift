import Foundation
import TerminalHarness

/// Programs at a terminal, in the sandbox's folder.
extension Sandbox {
  /// What stands before each line of limbot, and of dish.
  static let limbotPrompt = "\n> "
  static let dishPrompt = "llambo> "

  /// Starts a program at a terminal of its own, without colours unless `environment` says so.
  func terminal(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> PseudoTerminal {
    var all = ["TERM": "xterm", "LANG": "C.UTF-8", "NO_COLOR": "1"]
    all["LLAMBO_HISTORY"] = path("history")
    all.merge(environment) { $1 }
    return try PseudoTerminal(
      program, arguments, environment: variables(all), folder: folder, size: (200, 50))
  }

  /// Starts limbot in the sandbox's cluster, and waits until it listens.
  func limbot(_ arguments: [String] = []) throws -> PseudoTerminal {
    let terminal = try terminal(Programs.llamboctl, ["limbot"] + arguments)
    try terminal.wait(for: "/help shows what you can do.")
    try terminal.wait(for: Self.limbotPrompt)
    return terminal
  }
}

extension PseudoTerminal {
  /// Types a line, and waits for the next prompt.
  ///
  /// - Returns: what was shown in between, the line's echo among it.
  @discardableResult
  func enter(_ line: String, until prompt: String = Sandbox.limbotPrompt) throws -> String {
    type(line + "\r")
    return try wait(for: prompt)
  }

  /// Types what ends a session, and waits for its end.
  func leave(_ line: String = "/exit") throws -> Int32 {
    type(line + "\r")
    return try finish()
  }
}
