import LlamboCommand
import Testing

@Suite struct UsageErrorTests {
  @Test func `An unknown option names the nearest known one`() {
    let error = mistake("spawn", "--cuont", "3")
    #expect(error?.code == .unknownOption)
    #expect(error?.description == "unknown option \"--cuont\"; did you mean \"--count\"?")
  }

  @Test func `An unknown command names the nearest one, or all`() {
    #expect(mistake("sapwn")?.description == "unknown command \"sapwn\"; did you mean \"spawn\"?")
    #expect(mistake("nodes", "x")?.description == "unknown command \"x\"; the commands are list")
    #expect(mistake("help", "bogus")?.code == .unknownCommand)
  }

  @Test(arguments: ["", "3.0", "three", "0", "100001", "99999999999999999999", "0x3"])
  func `A number out of range or form tells the range and the text`(text: String) {
    let error = mistake("spawn", "-t", "a", "--count", text)
    #expect(error?.code == .invalidValue)
    #expect(
      error?.message == "--count must be a whole number from 1 to 100000, but is \"\(text)\"")
  }

  @Test(arguments: ["nan", "inf", "2.01", "warm"])
  func `A fraction must be finite and in range`(text: String) {
    #expect(mistake("spawn", "-t", "a", "--temperature", text)?.code == .invalidValue)
  }

  @Test func `A wrong word tells the right ones`() {
    #expect(
      mistake("balancer", "--strategy", "randon")?.description
        == "--strategy must be round-robin, least-loaded or random, but is \"randon\"; "
        + "did you mean \"random\"?")
  }

  @Test func `A value is missing at the end and before another option`() {
    let error = mistake("spawn", "--count")
    #expect(error?.code == .missingValue)
    #expect(error?.hint == "it must be a whole number from 1 to 100000")
    #expect(mistake("spawn", "--type", "--count", "3")?.code == .missingValue)
    #expect(mistake("spawn", "--type", "--count=3")?.code == .missingValue)
    #expect(mistake("spawn", "-t", "--")?.hint == "write --type TYPE")
  }

  @Test func `A flag takes no value`() {
    #expect(
      mistake("--verbose=yes")?.message == "--verbose takes no value, but was given \"yes\"")
  }

  @Test func `An option given twice is refused, a flag is not`() throws {
    #expect(mistake("spawn", "-t", "a", "--type=b")?.message == "--type is given twice")
    #expect(try program.parse(["-vv"]).arguments.flag("--verbose"))
  }

  @Test func `Options that exclude one another are refused`() {
    #expect(mistake("-v", "-q")?.message == "--verbose and --quiet exclude one another")
  }

  @Test func `A required option must be there`() {
    #expect(mistake("spawn")?.description == "--type is missing; write --type TYPE")
  }

  @Test func `Too few and too many arguments are refused`() {
    #expect(mistake("ask")?.description == "PROMPT is missing; write ctl ask PROMPT…")
    #expect(mistake("copy", "a", "b", "c")?.code == .unexpectedArgument)
    #expect(
      mistake("nodes", "list", "x")?.description
        == "\"x\" is one argument too many for list; it takes no arguments")
  }

  @Test func `A wrong word for an argument tells the right ones`() throws {
    let program = CommandDefinition(
      "p", "P.", arguments: [ArgumentDefinition("SHELL", "S.", choices: ["bash", "zsh"])])
    #expect(try program.parse(["zsh"]).arguments.positionals == ["zsh"])
    #expect {
      try program.parse(["bsh"])
    } throws: { error in
      (error as? UsageError)?.description
        == "SHELL must be bash or zsh, but is \"bsh\"; did you mean \"bash\"?"
    }
    #expect(program.helpText().contains("S. (bash or zsh)"))
  }

  @Test(arguments: ["-1", "five", "3000000", "", "-0x1"])
  func `A number for an argument is told its range, below 0 too`(text: String) throws {
    let program = CommandDefinition(
      "p", "P.", arguments: [ArgumentDefinition("N", "How many.", range: 0...100)],
      options: [OptionDefinition("--say", "-s", .text("TEXT"), "S.")])
    #expect(try program.parse(["7", "-s1"]).arguments.positionals == ["7"])
    #expect(program.helpText().contains("How many. (a whole number from 0 to 100)"))
    #expect {
      try program.parse([text])
    } throws: { error in
      let error = error as? UsageError
      return error?.message == "N must be a whole number from 0 to 100, but is \"\(text)\""
        || text == "-0x1" && error?.code == .unknownOption
    }
  }

  @Test func `A mistake tells the command whose help has more`() {
    #expect(mistake("nodes", "list", "x")?.path == ["nodes", "list"])
    #expect(mistake("spawn", "--cuont", "3")?.path == ["spawn"])
    #expect(mistake("sapwn")?.path == [])
  }

  @Test func `A command that needs another names them`() {
    #expect(mistake("nodes")?.description == "nodes needs a command; name one of list")
  }

  @Test func `Text that begins with a dash is told how to be written`() {
    #expect(
      mistake("ask", "-x")?.description
        == "unknown option \"-x\"; write -- before text that begins with a dash")
  }

  @Test func `A wrong value in the environment names the variable`() {
    let program = CommandDefinition(
      "p", "P.",
      options: [
        OptionDefinition("--port", nil, .integer("N", 0...65535), "The port", environment: "PORT")
      ])
    #expect {
      try program.parse([]) { _ in "http" }
    } throws: { error in
      (error as? UsageError)?.message
        == "--port (from PORT) must be a whole number from 0 to 65535, but is \"http\""
    }
  }
}
