import Foundation
import LlamboCommand
import Testing

@testable import LlamboControl

/// Every command where nothing runs, or where it is called wrongly: one message that says what to
/// do, on standard error, and the right exit status.
@Suite struct WithoutClusterTests {
  /// Commands that end otherwise than by "unavailable" where no cluster runs.
  private static let ends: [String: Int32] = [
    "llamboctl health": 1, "llamboctl shutdown": 0, "llamboctl config": 0,
    "llamboctl completion": 64, "llamboctl top": 64,
  ]
  /// Commands that are not about a cluster that runs.
  private static let others: Set<String> = [
    "llamboctl init", "llamboctl dish", "llamboctl models list", "llamboctl models check",
    "llamboctl models add",
  ]
  private static let commands = Command.program.places.filter { place in
    place.runs && !others.contains(place.name)
  }

  let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.write(
      """
      cluster:
        id: nothing-runs
        state_file: state
        nodes: {tiny: {resources: {model: m.gguf}}}

      """, to: "cluster-config.yaml")
    try scratch.write("none", to: "m.gguf")
  }

  /// The words of a command with as many arguments as it needs.
  private func call(_ place: CommandPlace) -> [String] {
    place.words
      + place.command.arguments.compactMap { argument in
        argument.arity == .one || argument.arity == .some || argument.name == "PROMPT"
          ? argument.choices.first ?? "1" : nil
      }
  }

  @Test(arguments: commands.map(\.name), [[], ["--orchestrator", "127.0.0.1:1"]])
  func `A command says what to do where no cluster runs`(
    _ name: String, _ options: [String]
  ) throws {
    let place = try #require(Self.commands.first { $0.name == name })
    let result = try Products.run(call(place) + options, in: scratch)
    let expected = Self.ends[name] ?? 69
    #expect(result.status == expected, "\(result.errors)")
    guard expected != 0 else {
      #expect(result.errors == "")
      return
    }
    #expect(result.errors.hasPrefix("llamboctl: "))
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    if name != "llamboctl health" { #expect(result.output == "") }
    if expected == 69 { #expect(result.errors.contains("llamboctl init"), "\(result.errors)") }
  }

  @Test(arguments: definitions.flatMap(\.places).map(\.name))
  func `A wrong option is told, and nothing else happens`(_ name: String) throws {
    let words = name.split(separator: " ").map(String.init)
    let result = try Products.run(words + ["--frobnicate"], in: scratch)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix("\(words[0]): unknown option \"--frobnicate\""))
    #expect(result.errors.hasSuffix("\nSee '\(name) --help'.\n"))
  }

  @Test func `A missing argument, option or command is told`() throws {
    for place in definitions.flatMap(\.places) {
      let needsWord = place.command.arguments.contains { $0.arity == .one || $0.arity == .some }
      let needsOption = place.options.contains(where: \.isRequired)
      guard needsWord || needsOption || place.command.needsSubcommand else { continue }
      let result = try Products.run(place.words, in: scratch)
      #expect(result.status == 64, "\(place.name)")
      #expect(result.output == "")
      #expect(result.errors.hasPrefix("\(place.words[0]): "), "\(result.errors)")
    }
  }

  @Test(arguments: [
    "llamboctl --help", "llamboctl --man", "llamboctl --markdown", "llamboctl config --show",
    "llamboctl config --schema", "llamboctl completion bash", "llamboctl health",
    "llambo-sim --seed 1 --log", "llama-runner --help", "llambo-worker --help",
    "llambo-orchestrator --help",
  ])
  func `Nobody is troubled by a reader that goes away`(_ line: String) throws {
    for reader in ["head -n 1", "true"] {
      let result = try Products.bash(
        "\(line) 2>errors | \(reader) >/dev/null; echo ${PIPESTATUS[0]}; cat errors", in: scratch)
      let lines = result.output.split(separator: "\n").map(String.init)
      #expect(["0", "1", "141"].contains(lines.first), "\(result.output)")
      let complaints = lines.dropFirst().filter { !$0.contains("no cluster is running") }
      #expect(complaints == [])
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "there is no /dev/full"))
  func `Output that cannot be written is told`() throws {
    for line in ["llamboctl config --show", "llamboctl completion bash", "llamboctl --help"] {
      let result = try Products.bash("\(line) >/dev/full", in: scratch)
      #expect(result.status == 71)
      #expect(result.errors == "the output could not be written: No space left on device\n")
    }
  }

  @Test func `A word of LLAMBO_CLUSTER_ID is the cluster's id, where it may be one`() throws {
    let good = try Products.run(
      ["llamboctl", "config", "--show"], in: scratch, environment: ["LLAMBO_CLUSTER_ID": "mine"])
    #expect(good.output.contains("id: \"mine\"") || good.output.contains("id: mine"))
    for words in [["llamboctl", "status"], ["llambo-orchestrator"]] {
      let bad = try Products.run(words, in: scratch, environment: ["LLAMBO_CLUSTER_ID": "a b"])
      #expect(bad.status == 78)
      #expect(bad.output == "")
      #expect(bad.errors.contains("LLAMBO_CLUSTER_ID: must be a name"), "\(bad.errors)")
    }
  }

  @Test func `What is to be typed names the configuration that was given`() throws {
    try scratch.write(
      "cluster: {state_file: none, nodes: {tiny: {resources: {model: m}}}}\n", to: "it's mine.yaml")
    let status = try Products.run(["llamboctl", "status", "-c", "it's mine.yaml"], in: scratch)
    let hint = "start one with llamboctl init --config 'it'\\''s mine.yaml'\n"
    #expect(status.errors.hasSuffix(hint), "\(status.errors)")
    let plain = try Products.run(["llamboctl", "logs", "-c", "./cluster-config.yaml"], in: scratch)
    #expect(plain.errors.contains("from llamboctl init --config ./cluster-config.yaml on"))
  }

  @Test func `Outside of the checkout it is said where to run it`() throws {
    let empty = try Scratch()
    let hint = "run it in the checkout, or name one with --config, CLUSTER_CONFIG or LLAMBO_ROOT"
    for words in [["llamboctl", "init"], ["llamboctl", "status"]] {
      let result = try Products.run(words, in: empty)
      #expect(result.status == 78)
      #expect(result.errors.contains("No such file or directory; \(hint)"), "\(result.errors)")
    }
    let named = try Products.run(["llamboctl", "status", "-c", "mine.yaml"], in: empty)
    #expect(named.status == 78)
    #expect(!named.errors.contains(hint))
  }

  @Test func `A missing model is told before anything is started, and nothing stays`() throws {
    try FileManager.default.removeItem(atPath: scratch.folder.path + "/m.gguf")
    let result = try Products.run(["llamboctl", "init"], in: scratch)
    #expect(result.status == 78)
    #expect(result.errors.contains("no file for model \"m.gguf\" of node type \"tiny\""))
    let direct = try Products.run(["llambo-orchestrator"], in: scratch)
    #expect(direct.status == 78)
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path)
    #expect(left.filter { $0.hasPrefix("state") } == [])
  }

  @Test func `A state file that is none says what writes it anew`() throws {
    try scratch.write("rubbish", to: "state")
    let result = try Products.run(["llamboctl", "status"], in: scratch)
    #expect(result.status == 65)
    #expect(result.errors.contains("; llamboctl init writes it anew\n"), "\(result.errors)")
  }

  @Test(.enabled(if: geteuid() == 0, "only root can leave files of another user"))
  func `Another user's cluster is told as such`() throws {
    try scratch.write("{}", to: "state")
    try scratch.write("", to: "state.log")
    for name in ["state", "state.log"] { chown(scratch.folder.path + "/" + name, 65534, 65534) }
    for command in ["status", "init", "logs"] {
      let result = try Products.run(["llamboctl", command], in: scratch)
      // As root reads all, even a model that is none is looked at first.
      #expect(result.status == 71, "\(command): \(result.errors)")
      #expect(result.errors.contains("another user's cluster uses it; give state_file and listen"))
    }
  }

  @Test func `A log that cannot be read is told in these words`() throws {
    try FileManager.default.createDirectory(
      atPath: scratch.folder.path + "/state.log", withIntermediateDirectories: false)
    let result = try Products.run(["llamboctl", "logs"], in: scratch)
    #expect(result.status == 71)
    #expect(result.errors.hasPrefix("llamboctl: cannot use "), "\(result.errors)")
  }

  @Test func `An option that does nothing is refused`() throws {
    let result = try Products.run(["llamboctl", "config", "--json"], in: scratch)
    #expect(result.status == 64)
    #expect(result.errors.contains("--json goes with --reload"))
  }

  @Test func `Names for a shell never come with an error`() throws {
    func words(_ kind: String, _ options: String...) throws -> String {
      let result = try Products.run(
        ["llamboctl", "completion", "--words", kind] + options, in: scratch)
      #expect(result.status == 0)
      #expect(result.errors == "")
      return result.output
    }
    #expect(try words("types") == "tiny\n")
    #expect(try words("types", "--config", "nowhere.yaml") == "")
    #expect(try words("types", "--config", "m.gguf") == "")
    #expect(try words("models") == "")
    try FileManager.default.createDirectory(
      at: scratch.folder.appending(path: "models"), withIntermediateDirectories: false)
    try scratch.write("no model", to: "models/broken.gguf")
    #expect(try words("models") == "broken\n")
    #expect(try words("nodes") == "")
    #expect(try words("nodes", "-o", "127.0.0.1:1") == "")
    #expect(try words("nodes", "-o", "nonsense") == "")
  }

  @Test func `Joining names the types that there are`() throws {
    let slip = try Products.run(["llamboctl", "join", "--type", "tiyn"], in: scratch)
    #expect(slip.status == 64)
    #expect(slip.errors.contains("unknown node type \"tiyn\"; did you mean \"tiny\"?"))
    let unlike = try Products.run(["llamboctl", "join", "--type", "huge"], in: scratch)
    #expect(unlike.errors.contains("the configuration has tiny"))
  }

  // MARK: Terminals

  /// Runs a line on a terminal of its own, through util-linux's `script`.
  private func onTerminal(_ line: String, _ environment: [String: String] = [:]) throws -> String {
    try scratch.write(line + "\n", to: "line.sh")
    return try Products.bash(
      "script -qec 'bash --norc line.sh' /dev/null", in: scratch,
      environment: ["TERM": "xterm"].merging(environment) { $1 }
    ).output
  }

  @Test(.enabled(if: Tool.path("script") != nil, "script is not installed"))
  func `Colour is for terminals, and never with NO_COLOR`() throws {
    let colour = "\u{1b}["
    #expect(try onTerminal("llamboctl health").contains(colour))
    #expect(!(try onTerminal("llamboctl health", ["NO_COLOR": "1"]).contains(colour)))
    #expect(!(try onTerminal("llamboctl health", ["TERM": "dumb"]).contains(colour)))
    #expect(!(try onTerminal("llamboctl health | cat").contains(colour)))
    #expect(!(try onTerminal("llamboctl health --json").contains(colour)))
  }

  @Test(.enabled(if: Tool.path("script") != nil, "script is not installed"))
  func `Help fits the terminal, however small it is`() throws {
    let narrow = try onTerminal("stty cols 50; llamboctl spawn --help")
    for line in narrow.split(whereSeparator: \.isNewline) where !line.hasPrefix("  llamboctl") {
      #expect(line.count <= 50, "\(line)")
    }
    for columns in [0, 1, 1000] {
      let help = try onTerminal("stty cols \(columns); llamboctl --help; echo ended with $?")
      #expect(help.contains("ended with 0"))
    }
  }
}
