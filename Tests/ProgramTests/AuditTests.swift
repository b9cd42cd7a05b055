import LlamboCommand
import Testing

/// What holds for every command of every program.
@Suite struct AuditTests {
  /// Commands without `--json`, and why: none of them prints data.
  static let withoutJSON = [
    "llamboctl init": "acts, and says that it is done",
    "llamboctl shutdown": "acts, and says that it is done",
    "llamboctl join": "becomes a worker",
    "llamboctl models check": "says whether, by its status",
    "llamboctl models add": "acts, and says that it is done",
    "llamboctl config": "prints the configuration in its own language, or its JSON Schema",
    "llamboctl completion": "prints a script",
    "llamboctl logs": "prints lines as they were logged",
    "llamboctl top": "draws on the screen",
    "llamboctl dish": "is a shell of the other commands",
    "llambo-orchestrator": "serves",
    "llambo-worker": "serves",
    "llama-runner": "talks with a person",
  ]

  @Test func `Every program is named to the others, and contradicts itself nowhere`() {
    #expect(definitions.map(\.name) == llamboPrograms)
    for definition in definitions { #expect(definition.problems == [], "\(definition.name)") }
  }

  @Test(arguments: places.map(\.name))
  func `Every command, argument and option is explained in one sentence`(_ name: String) throws {
    let command = try #require(places.first { $0.name == name }).command
    var sentences = ["": command.summary]
    for option in command.options { sentences[option.long] = option.help }
    for argument in command.arguments { sentences[argument.name] = argument.help }
    for (what, sentence) in sentences {
      #expect(isOneSentence(sentence), "\(name) \(what): \(sentence)")
    }
  }

  @Test(arguments: places.filter(\.runs).map(\.name))
  func `Every command that does something has an example`(_ name: String) throws {
    let place = try #require(places.first { $0.name == name })
    #expect(!place.command.examples.isEmpty)
  }

  @Test(arguments: places.flatMap(\.command.examples).map(\.line))
  func `Every example is a line that its program takes`(_ line: String) throws {
    let words = shellWords(line)
    let start = try #require(words.firstIndex { llamboPrograms.contains($0) }, "\(line)")
    let program = try #require(definitions.first { $0.name == words[start] })
    let ends: Set<String> = ["|", ">", "<", "&&"]
    let parsed = try program.parse(Array(words[(start + 1)...].prefix { !ends.contains($0) }))
    #expect(parsed.action == .run)
  }

  @Test(arguments: places.filter(\.runs).map(\.name))
  func `Every command that prints data prints it as JSON too`(_ name: String) throws {
    let place = try #require(places.first { $0.name == name })
    let hasJSON = place.options.contains { $0.long == "--json" && $0.value == .flag }
    #expect(hasJSON || Self.withoutJSON[name] != nil, "\(name) lacks --json")
  }

  @Test(arguments: places.map(\.name))
  func `Help is given of every command, with its options and examples`(_ name: String) throws {
    let place = try #require(places.first { $0.name == name })
    let program = try #require(definitions.first { $0.name == place.words[0] })
    let path = Array(place.words.dropFirst())
    #expect(try program.parse(path + ["--help"]).action == .help)
    let help = program.helpText(path: path, width: 100)
    for option in place.options { #expect(help.contains(option.usage), "\(option.long)") }
    for example in place.command.examples { #expect(help.contains(example.line)) }
    for line in help.split(separator: "\n") where !line.hasPrefix("  \(program.name)") {
      #expect(line.count <= 100, "\(line)")
    }
  }

  @Test(arguments: places.filter { !$0.command.subcommands.isEmpty }.map(\.name))
  func `A slip of the finger in any command's name is understood`(_ name: String) throws {
    let place = try #require(places.first { $0.name == name })
    let program = try #require(definitions.first { $0.name == place.words[0] })
    for command in place.command.subcommands where command.name.count > 3 {
      let slip = String(command.name.dropLast()) + "_"
      #expect {
        try program.parse(Array(place.words.dropFirst()) + [slip])
      } throws: { error in
        (error as? UsageError)?.hint == "did you mean \"\(command.name)\"?"
      }
    }
  }

  @Test(arguments: places.map(\.name))
  func `A slip of the finger in any option is understood`(_ name: String) throws {
    let place = try #require(places.first { $0.name == name })
    let program = try #require(definitions.first { $0.name == place.words[0] })
    for option in place.options where option.long.count > 7 {
      #expect {
        try program.parse(Array(place.words.dropFirst()) + [option.long + "_"])
      } throws: { error in
        (error as? UsageError)?.hint == "did you mean \"\(option.long)\"?"
      }
    }
  }

  private func isOneSentence(_ text: String) -> Bool {
    guard let first = text.first, text.last == "." else { return false }
    return (first.isUppercase || first.isNumber || first == "$") && !text.contains(". ")
  }
}

/// The words of a line as a shell would cut it, quotes taken off. `<(` and `)` are left out.
func shellWords(_ line: String) -> [String] {
  var words: [String] = []
  var word = ""
  var isQuoted = false
  for character in line {
    switch character {
    case "\"": isQuoted.toggle()
    case " " where !isQuoted:
      if !word.isEmpty { words.append(word) }
      word = ""
    case "(" where !isQuoted && word == "<": word = ""
    case ")" where !isQuoted: break
    default: word.append(character)
    }
  }
  return word.isEmpty ? words : words + [word]
}
