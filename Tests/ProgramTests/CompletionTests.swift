import Foundation
import LlamboCommand
import Testing

@testable import LlamboControl

/// The shells' completion, in the shells themselves.
@Suite struct CompletionTests {
  let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    // Stands in for the program where a script asks it for words.
    try scratch.write(
      """
      #!/bin/sh
      [ "$1 $2" = "completion --words" ] || exit 1
      echo "asked: $*" >>asked
      case $3 in
        types) printf '%s\\n' tiny large ;;
        nodes) printf '%s\\n' worker-0001 '$(touch harm)' ;;
        models) printf '%s\\n' llambo-tiny qwen ;;
      esac

      """, to: "llamboctl", isProgram: true)
    try scratch.write("cluster:\n", to: "my cluster.yaml")
    for definition in definitions {
      for shell in Shell.allCases {
        try scratch.write(
          definition.completionScript(for: shell), to: "\(definition.name).\(shell.rawValue)")
      }
    }
  }

  @Test(arguments: Shell.allCases)
  func `Every command and every option is in every script`(_ shell: Shell) {
    for definition in definitions {
      let script = definition.completionScript(for: shell)
      for place in definition.places {
        #expect(script.contains(place.name), "\(place.name)")
        for option in place.options {
          let name = shell == .fish ? "-l \(option.long.dropFirst(2))" : option.long
          #expect(script.contains(name), "\(place.name) \(option.long)")
        }
      }
    }
  }

  @Test(arguments: Shell.allCases)
  func `llamboctl prints the scripts`(_ shell: Shell) throws {
    let parsed = try Command.program.parse(["completion", shell.rawValue])
    #expect(parsed.path == ["completion"])
    #expect(try Command.program.page(for: ["--completion", shell.rawValue]) != nil)
    #expect(throws: UsageError.self) { try Command.program.parse(["completion", "bsh"]) }
  }

  // MARK: bash

  /// What bash offers for each line, whose last word is the one before the cursor. The words are
  /// cut as bash cuts them.
  private func bash(_ lines: [[String]], _ program: String = "llamboctl") throws -> [[String]] {
    var script = """
      set -u
      source ./\(program).bash
      try() {
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        \(program == "llamboctl" ? "_llamboctl" : "_" + program.replacing("-", with: "_")) "$1"
        printf '<%s>' ${COMPREPLY[@]+"${COMPREPLY[@]}"}; echo
      }

      """
    for line in lines {
      let words = (["./\(program)"] + line).map { "'\($0)'" }
      script += "try \(words.joined(separator: " "))\n"
    }
    let path = try scratch.write(script, to: "try.sh")
    let result = try Tool.run("/bin/bash", ["--norc", path], folder: scratch.folder)
    #expect(result.errors == "")
    #expect(result.status == 0)
    return result.output.split(separator: "\n").map { line in
      line.dropFirst().dropLast().split(separator: "><").map(String.init)
    }
  }

  @Test func `bash offers every command and option where it may stand`() throws {
    for definition in definitions {
      let below = definition.places
      let answers = try bash(
        below.flatMap { place in
          let path = Array(place.words.dropFirst())
          return [path + [""], path + ["--"]]
        }, definition.name)
      for (number, place) in below.enumerated() {
        let commands = Set(answers[2 * number])
        #expect(commands.isSuperset(of: place.command.subcommands.map(\.name)), "\(place.name)")
        #expect(
          Set(answers[2 * number + 1]).subtracting(["--version"])
            == Set(place.options.map(\.long) + ["--help"]), "\(place.name)")
      }
    }
  }

  @Test func `bash offers values, files, and what the program knows`() throws {
    let lines: [(line: [String], offers: [String])] = [
      (["sp"], ["spawn"]), (["spawn", "--ty"], ["--type"]),
      (["spawn", "--type", ""], ["tiny", "large"]), (["spawn", "-t", "la"], ["large"]),
      (["spawn", "--type", "=", "t"], ["tiny"]), (["spawn", "--type", "="], ["tiny", "large"]),
      (["metrics", "--export", "p"], ["prometheus"]),
      (["completion", ""], ["bash", "zsh", "fish"]),
      (["models", "check", "q"], ["qwen"]), (["models", "add", "my"], ["my cluster.yaml"]),
      (["--config", "my"], ["my cluster.yaml"]), (["spawn", "-n", "3", "--ty"], ["--type"]),
      (["-o", "127.0.0.1", ":", "9000", "nodes", "l"], ["list"]), (["help", "no"], ["nodes"]),
      (["nodes", "list", "--json", "--j"], []), (["infer", "hello", "sta"], []),
      (["infer", "--", "--js"], []),
      (["nodes", "drain", "w"], ["worker-0001"]),
      (["nodes", "drain", "worker-0001", ""], []),
      (["nodes", "drain", "worker-0001", "w"], []), (["completion", "bash", ""], []),
      (["models", "check", "a", "q"], []), (["nodes", "stop", "x", "--no"], ["--no-wait"]),
      (["spawn", "-n", ""], []), (["frobnicate", ""], []),
    ]
    let answers = try bash(lines.map(\.line))
    for (line, answer) in zip(lines, answers) { #expect(answer == line.offers, "\(line.line)") }
  }

  @Test func `bash offers an option anew only where it may be repeated`() throws {
    let lines = [["--say", "a=b", "--sa"], ["--seed", "1", "--see"], ["--adapter", "x", "--ad"]]
    #expect(try bash(lines, "llama-runner") == [["--say"], [], ["--adapter"]])
  }

  @Test func `bash asks about the cluster that the line is about`() throws {
    _ = try bash([
      ["-c", "a b.yaml", "spawn", "-t", ""], ["spawn", "--orchestrator", "=", "[::1]", ":", "1"],
      ["spawn", "--config", "=", "c.yaml", "-t", ""],
    ])
    let asked = try String(contentsOf: scratch.folder.appending(path: "asked"), encoding: .utf8)
    #expect(
      asked == """
        asked: completion --words types -c a b.yaml
        asked: completion --words types --config=c.yaml

        """)
  }

  @Test func `What the program answers is never run as code`() throws {
    let program = CommandDefinition(
      "llamboctl", "P.", arguments: [ArgumentDefinition("NODE", "N.", .any)],
      lookups: ["NODE": ["completion", "--words", "nodes"]])
    try scratch.write(program.completionScript(for: .bash), to: "llamboctl.bash")
    #expect(try bash([["w"], [""]]) == [["worker-0001"], ["worker-0001", "$(touch", "harm)"]])
    #expect(!FileManager.default.fileExists(atPath: scratch.folder.path + "/harm"))
  }

  // MARK: fish and zsh

  @Test(.enabled(if: Tool.path("fish") != nil, "fish is not installed"))
  func `fish offers commands, options and values`() throws {
    let lines: [(line: String, offers: [String])] = [
      ("llamboctl sp", ["spawn"]), ("llamboctl spawn --ty", ["--type"]),
      ("./llamboctl spawn --type ", ["large", "tiny"]), ("./llamboctl spawn -t la", ["large"]),
      ("llamboctl metrics --export p", ["prometheus"]),
      ("llamboctl completion ", ["bash", "fish", "zsh"]), ("llamboctl help no", ["nodes"]),
      ("llamboctl --config my", ["my cluster.yaml"]), ("llamboctl infer hello sta", []),
    ]
    var script = "source ./llamboctl.fish\n"
    for line in lines {
      script +=
        "echo (complete -C '\(line.line)' | string replace -r '\\t.*' '' | string join '|')\n"
    }
    let path = try scratch.write(script, to: "try.fish")
    let result = try Tool.run(
      try #require(Tool.path("fish")), ["--no-config", path], folder: scratch.folder,
      environment: ["HOME": scratch.folder.path])
    #expect(result.errors == "")
    let answers = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    for (line, answer) in zip(lines, answers) {
      #expect(answer.split(separator: "|").map(String.init) == line.offers, "\(line.line)")
    }
  }

  @Test(.enabled(if: Tool.path("zsh") != nil, "zsh is not installed"))
  func `zsh offers commands, options and values`() throws {
    // The completion system's own commands work at a prompt alone; here they say what they got.
    let path = try scratch.write(
      """
      compdef() { : }
      compset() { : }
      compadd() { if [[ $1 == -a ]]; then print -r -- ${(P)2}; else shift; print -r -- $*; fi }
      _describe() { local name=${@[-1]}; print -r -- ${${(P)name}%%:*} }
      _files() { print files }
      source ./llamboctl.zsh
      try() { local words=("$@") CURRENT=$#; print -rn -- "<"; _llamboctl; print -r -- ">" }
      try ./llamboctl nodes ''
      try ./llamboctl nodes list --json --
      try ./llamboctl spawn -t ''
      try ./llamboctl metrics --export ''
      try ./llamboctl --config ''
      try ./llamboctl completion ''
      try ./llamboctl infer x ''

      """, to: "try.zsh")
    let result = try Tool.run(
      try #require(Tool.path("zsh")), ["-f", path], folder: scratch.folder)
    #expect(result.errors == "")
    let answers = result.output.split(separator: ">").map { $0.filter { $0 != "\n" } }
    #expect(answers.first.map { $0.hasPrefix("<list") } == true)
    #expect(!answers[1].contains("--json") && answers[1].contains("--orchestrator"))
    #expect(
      Array(answers[2...].map { String($0) }.prefix(5))
        == ["<tiny large", "<prometheus json", "<files", "<bash zsh fish", "<"])
  }

  @Test(
    .enabled(if: Tool.path("zsh") != nil, "zsh is not installed"),
    arguments: definitions.map(\.name))
  func `zsh reads the script of every program`(_ name: String) throws {
    let zsh = try #require(Tool.path("zsh"))
    let result = try Tool.run(zsh, ["-n", "\(name).zsh"], folder: scratch.folder)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test(
    .enabled(if: Tool.path("fish") != nil, "fish is not installed"),
    arguments: definitions.map(\.name))
  func `fish reads the script of every program`(_ name: String) throws {
    let fish = try #require(Tool.path("fish"))
    let result = try Tool.run(fish, ["-n", "\(name).fish"], folder: scratch.folder)
    #expect(result.status == 0, "\(result.errors)")
  }
}
