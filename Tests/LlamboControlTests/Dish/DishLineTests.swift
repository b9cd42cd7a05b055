import LlamboCommand
import Testing

@testable import LlamboControl

/// How dish reads a line.
struct DishLineTests {
  private func words(_ line: String) throws -> [String] {
    try DishLine.words(line, of: DishWords.program)
  }

  @Test(
    arguments: [
      ("", []), ("   \t", []), ("# spawn --count 1000", []), ("  # comment", []),
      ("status", ["status"]), ("  status   --json ", ["status", "--json"]),
      ("status # now", ["status"]), ("spawn --type a#b", ["spawn", "--type", "a#b"]),
      (#"spawn --type 'a b' -n "2""#, ["spawn", "--type", "a b", "-n", "2"]),
      (#"spawn --type a\ b"#, ["spawn", "--type", "a b"]),
      (#"spawn --type "say \"a\" \n\\""#, ["spawn", "--type", #"say "a" \n\"#]),
      (#"spawn --type ''"#, ["spawn", "--type", ""]),
      (#"spawn --type a'b'"c""#, ["spawn", "--type", "abc"]),
    ] as [(String, [String])])
  func wordsAreSplitAsAShellDoes(_ line: String, _ expected: [String]) throws {
    #expect(try words(line) == expected)
  }

  @Test(
    arguments: [
      ("infer What's a cluster?", ["infer", "--", "What's a cluster?"]),
      ("ask   Explain  Inferno OS  ", ["ask", "--", "Explain  Inferno OS"]),
      ("ask what is #1?", ["ask", "--", "what is #1?"]),
      (#"ask a \ and a "b""#, ["ask", "--", #"a \ and a "b""#]),
      ("ask -n 5 -t 0 What's up?", ["ask", "-n", "5", "-t", "0", "--", "What's up?"]),
      ("ask --max-tokens=5 --json Don't", ["ask", "--max-tokens=5", "--json", "--", "Don't"]),
      ("infer -- -5 is what?", ["infer", "--", "-5 is what?"]),
      (#"infer "What's this?" --json"#, ["infer", "What's this?", "--json"]),
      ("limbot What's a node?", ["limbot", "--", "What's a node?"]),
      ("infer", ["infer"]), ("infer --json", ["infer", "--json"]),
    ] as [(String, [String])])
  func whatIsForTheModelIsTakenAsItStands(_ line: String, _ expected: [String]) throws {
    #expect(try words(line) == expected)
  }

  @Test(arguments: ["spawn --type 'tiny", "status \"", "infer \"What"])
  func aQuotationWithoutAnEndIsAMistake(_ line: String) {
    #expect(throws: UsageError.self) { try words(line) }
  }

  @Test(arguments: ["status | grep x", "status >file", "infer \"hi\" | wc", "status <x"])
  func aPipeIsAMistake(_ line: String) {
    #expect {
      try words(line)
    } throws: {
      ($0 as? UsageError)?.message.contains("dish has no pipes") == true
    }
    #expect(throws: Never.self) { try words("ask what is a | b > c") }
    #expect(throws: Never.self) { try words("spawn --type '|'") }
  }

  @Test(arguments: 0..<20) func whatIsQuotedComesOutAsItWent(_ seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let letters = Array("ab \t'\"\\#-=é🦙")
    for _ in 0..<50 {
      let texts = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        String(
          (0..<Int.random(in: 0...8, using: &random)).map { _ in
            letters.randomElement(using: &random)!
          })
      }
      let single = texts.map { "'" + $0.replacing("'", with: #"'\''"#) + "'" }
      #expect(try words("spawn " + single.joined(separator: " ")) == ["spawn"] + texts)
      let double = texts.map {
        "\"" + $0.replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#) + "\""
      }
      #expect(try words("spawn " + double.joined(separator: " ")) == ["spawn"] + texts)
      // Unquoted it may be a mistake, and nothing worse.
      _ = try? words(texts.joined(separator: " "))
      _ = try? words("ask " + texts.joined(separator: " "))
    }
  }

  @Test func shorthandsStandForCommands() {
    #expect(DishWords.resolved(["ask", "--", "x"]) == ["infer", "--", "x"])
    #expect(DishWords.resolved(["nodes"]) == ["nodes", "list"])
    #expect(DishWords.resolved(["nodes", "--json"]) == ["nodes", "list", "--json"])
    #expect(DishWords.resolved(["nodes", "list"]) == ["nodes", "list"])
  }

  @Test func everyCommandOfLlamboctlIsOneOfDish() {
    let names = Set(DishWords.program.subcommands.map(\.name))
    #expect(names == Set(Command.all.map(\.definition.name)).subtracting(["dish"]).union(["ask"]))
    for name in names { #expect(DishWords.helpText(width: 80).contains("  \(name) ")) }
  }
}
