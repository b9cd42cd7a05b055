import Foundation
import LlamboCommand
import Testing

/// The manual pages and the page of all commands.
@Suite struct PageTests {
  @Test(arguments: definitions.map(\.name))
  func `A manual page has every command, option, variable and example`(_ name: String) throws {
    let program = try #require(definitions.first { $0.name == name })
    let page = try #require(try program.page(for: ["--man"]))
    func typed(_ text: String) -> String {
      text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        .replacing("'", with: "\\(aq").replacing("…", with: "\\[u2026]")
        .replacing("~", with: "\\(ti")
    }
    #expect(page.hasPrefix(".TH \"\(typed(name.uppercased()))\" \"1\""))
    for place in program.places {
      #expect(page.contains(typed(place.words.joined(separator: " "))), "\(place.name)")
      for option in place.command.options {
        #expect(page.contains(typed(option.usage)), "\(place.name) \(option.long)")
        if let variable = option.environment { #expect(page.contains(variable)) }
      }
      for example in place.command.examples { #expect(page.contains(typed(example.line))) }
    }
    for other in llamboPrograms where other != name { #expect(page.contains(typed(other))) }
    #expect(page.utf8.count == page.count, "only ASCII")
  }

  @Test(
    .enabled(if: Tool.path("groff") != nil, "groff is not installed"),
    arguments: definitions.map(\.name))
  func `groff finds nothing to warn of in a manual page`(_ name: String) throws {
    let scratch = try Scratch()
    let program = try #require(definitions.first { $0.name == name })
    try scratch.write(try #require(try program.page(for: ["--man"])), to: "page.1")
    let result = try Tool.run(
      try #require(Tool.path("groff")), ["-man", "-Tutf8", "-ww", "-P-cbou", "page.1"],
      folder: scratch.folder)
    #expect(result.status == 0)
    #expect(result.errors == "")
    for heading in ["NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"] {
      #expect(result.output.contains(heading))
    }
  }

  @Test func `What stands in a text is nothing to troff`() {
    let program = CommandDefinition(
      "p", "P.",
      examples: [CommandExample(".p \\ 'x' \"y\"", "'Dots and quotes' begin it.")])
    let page = program.manualPage(version: "1")
    #expect(page.contains("\n\\&.p \\e \\(aqx\\(aq \"y\"\n"))
    #expect(page.contains("\n\\(aqDots and quotes\\(aq begin it.\n"))
  }

  @Test func `The page of all commands is what the definitions say`() throws {
    let page = try text(of: "Docs/COMMANDS.md")
    for definition in definitions {
      #expect(
        page.contains(definition.markdown),
        "\(definition.name) has changed: ./deploy.sh docs writes Docs/COMMANDS.md anew")
    }
    for (status, meaning) in Program.exitStatuses {
      #expect(page.contains("| \(status) | \(meaning) |\n"))
    }
  }

  @Test func `The script that writes the pages knows every program`() throws {
    let line = "readonly PROGRAMS=\"\(llamboPrograms.joined(separator: " "))\"\n"
    #expect(try text(of: "Scripts/pages.sh").contains(line))
  }

  /// A file of the checkout.
  private func text(of path: String) throws -> String {
    let checkout = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    return try String(contentsOfFile: "\(checkout)/\(path)", encoding: .utf8)
  }

  @Test func `Nothing else is taken for a page`() throws {
    for line in [[], ["--man", "x"], ["--completion", "bash", "x"], ["status"]] {
      #expect(try definitions[0].page(for: line) == nil)
    }
  }

  @Test func `A shell that has no completion is refused with those that do`() throws {
    let other = #expect(throws: UsageError.self) {
      try definitions[0].page(for: ["--completion", "tcsh"])
    }
    #expect(other?.message == "--completion must be bash, zsh or fish, but is \"tcsh\"")
    let none = #expect(throws: UsageError.self) { try definitions[0].page(for: ["--completion"]) }
    #expect(none?.hint == "it must be bash, zsh or fish")
  }

  @Test(arguments: definitions)
  func `A program's help names its pages`(_ definition: CommandDefinition) {
    let help = definition.helpText()
    for name in ["--man ", "--markdown ", "--completion SHELL"] { #expect(help.contains(name)) }
  }
}
