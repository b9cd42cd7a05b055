import LlamboCommand
import Testing

@Suite struct ParseTests {
  @Test(arguments: [
    ["spawn", "--count", "3", "--type", "tiny"],
    ["spawn", "--count=3", "--type=tiny"],
    ["spawn", "-n", "3", "-t", "tiny"],
    ["spawn", "-n3", "-ttiny"],
    ["spawn", "-vn", "3", "-t", "tiny"],
  ])
  func `An option's value may be written in every usual way`(line: [String]) throws {
    let parsed = try program.parse(line)
    #expect(parsed.action == .run)
    #expect(parsed.path == ["spawn"])
    #expect(parsed.arguments.integer("--count") == 3)
    #expect(parsed.arguments.text("--type") == "tiny")
  }

  @Test func `Subcommands nest and inherit options given before or after them`() throws {
    let before = try program.parse(["--connect", "[::1]:1", "nodes", "list"])
    let after = try program.parse(["nodes", "list", "--connect=[::1]:1"])
    #expect(before.path == ["nodes", "list"])
    #expect(before.arguments == after.arguments)
    #expect(after.arguments.text("--connect") == "[::1]:1")
  }

  @Test func `An option that is not inherited does not pass down`() {
    #expect(mistake("--quiet", "nodes", "list")?.code == .unexpectedArgument)
    #expect(mistake("nodes", "list", "--quiet")?.code == .unknownOption)
    #expect(
      mistake("balancer", "--strategy", "random", "stats")?.message
        == "--strategy does not go with the command \"stats\"")
  }

  @Test func `A command with subcommands may also run by itself`() throws {
    let set = try program.parse(["balancer", "--strategy", "random"])
    #expect(set.path == ["balancer"])
    #expect(set.arguments.text(ifGiven: "--strategy") == "random")
    let stats = try program.parse(["balancer", "stats"])
    #expect(stats.path == ["balancer", "stats"])
  }

  @Test func `Command line, environment and default give a value in that order`() throws {
    let environment = ["CTL_CONNECT": "localhost:7"]
    func connect(_ line: [String], _ environment: [String: String]) throws -> String {
      try program.parse(line) { environment[$0] }.arguments.text("--connect")
    }
    #expect(try connect(["-c", "localhost:8"], environment) == "localhost:8")
    #expect(try connect([], environment) == "localhost:7")
    #expect(try connect([], ["CTL_CONNECT": ""]) == "127.0.0.1:9000")
    #expect(try connect([], [:]) == "127.0.0.1:9000")
    let parsed = try program.parse([]) { environment[$0] }
    #expect(!parsed.arguments.wasGiven("--connect"))
  }

  @Test func `What is absent without a default is nil, and flags are false`() throws {
    let arguments = try program.parse(["spawn", "-t", "tiny"]).arguments
    #expect(arguments.number(ifGiven: "--temperature") == nil)
    #expect(arguments.texts("--label") == [])
    #expect(!arguments.flag("--verbose"))
    #expect(arguments.integer("--count") == 1)
  }

  @Test func `A repeatable option keeps every value in order`() throws {
    let arguments = try program.parse(["spawn", "-t", "a", "-l", "x", "--label=", "-ly"]).arguments
    #expect(arguments.texts("--label") == ["x", "", "y"])
  }

  @Test func `A negative number is a value, not an option`() {
    #expect(
      mistake("spawn", "-t", "a", "--temperature", "-1")?.description
        == "--temperature must be a number from 0.0 to 2.0, but is \"-1\"")
  }

  @Test func `After two dashes everything is an argument`() throws {
    let parsed = try program.parse(["ask", "a", "--", "--help", "-x", "--"])
    #expect(parsed.action == .run)
    #expect(parsed.arguments.positionals == ["a", "--help", "-x", "--"])
  }

  @Test func `A single dash is an argument`() throws {
    #expect(try program.parse(["copy", "-"]).arguments.positionals == ["-"])
  }

  @Test(arguments: [
    (["--help"], []), (["-h"], []), (["help"], []),
    (["spawn", "--help"], ["spawn"]), (["help", "spawn"], ["spawn"]),
    (["help", "nodes", "list"], ["nodes", "list"]),
    (["spawn", "--cuont", "x", "-h"], ["spawn"]),
    (["spawn", "--count", "-h"], ["spawn"]),
    (["nodes", "-h"], ["nodes"]),
  ])
  func `Help is given wherever it is asked for`(line: [String], path: [String]) throws {
    let parsed = try program.parse(line)
    #expect(parsed.action == .help)
    #expect(parsed.path == path)
  }

  @Test func `The word help is a prompt where a command takes arguments`() throws {
    let parsed = try program.parse(["ask", "help"])
    #expect(parsed.action == .run)
    #expect(parsed.arguments.positionals == ["help"])
  }

  @Test func `The version is told`() throws {
    #expect(try program.parse(["--version"]).action == .version)
  }
}
