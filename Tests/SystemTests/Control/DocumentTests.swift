import Foundation
import Testing

extension SystemTests {
  /// Every command that the documents show, typed as it stands there.
  @Suite struct DocumentTests {
    private let box: Sandbox
    private var reader: Reader

    init() throws {
      box = try Sandbox()
      reader = try Reader(in: box)
    }

    private static let reference = "Docs/COMMANDS.md"

    static let documents: [String] = {
      let docs = File.names(in: Programs.checkout + "/Docs").filter { $0.hasSuffix(".md") }
      return (["README.md"] + docs.sorted().map { "Docs/" + $0 })
        .filter { $0 != reference && !Reader.commands(of: $0).isEmpty }
    }()

    /// Each once, but those that need what no test has.
    static let examples = NSOrderedSet(array: Reader.commands(of: reference))
      .compactMap { $0 as? String }
      .filter { example in !beyondTests.contains { example.contains($0) } }

    /// A terminal (`TopTests` has one), a host far away (`ModelsTests` has a near one), other shells
    /// than bash (`CompletionTests` asks those that are installed).
    private static let beyondTests = [
      "llamboctl top", "https://example.org", "completion fish | source", "completion zsh",
    ]
    /// Programs that run until they are told to end.
    private static let staying = [
      "llambo-orchestrator", "llambo-worker", "llamboctl join", "llamboctl logs --follow",
    ]
    /// What starts a cluster, or needs none.
    private static let withoutCluster = [
      "llamboctl init", "llambo-orchestrator", "llambo-worker --model models/llambo-tiny --listen",
      "llamboctl limbot --start", "llamboctl models", "llamboctl config", "llama-runner",
      "llambo-sim", "source", "llamboctl completion",
    ]

    private static func begins(_ command: String, with any: [String]) -> Bool {
      any.contains { command.hasPrefix($0) }
    }

    @Test func theDocumentsShowCommands() {
      #expect(Self.documents.count >= 4)
      #expect(Reader.commands(of: "README.md").count >= 10)
      #expect(Self.examples.count >= 40)
    }

    @Test(arguments: documents)
    mutating func aReaderCanTypeWhatADocumentShows(_ document: String) throws {
      try reader.startCluster()
      for command in Reader.commands(of: document) { try check(command) }
    }

    @Test(arguments: examples)
    mutating func anExampleOfTheReferenceDoesWhatItSays(_ example: String) throws {
      if !Self.begins(example, with: Self.withoutCluster) { try reader.startCluster() }
      guard Self.begins(example, with: Self.staying) else { return try check(example) }
      let program = try reader.type(example)
      try until("the first line of \(example)") {
        !(program.output + program.errors).isEmpty || program.hasEnded
      }
      #expect(!program.hasEnded, "\(example): \(program.errors)")
      program.signal(SIGTERM)
      let end = try program.waitForEnd()
      // What only reads needs no order in which to end.
      #expect(end == .status(0) || end == .signal(SIGTERM), "\(example): \(program.errors)")
    }

    private func check(_ command: String) throws {
      let program = try reader.type(command)
      #expect(try program.waitForEnd(within: 120) == .status(0), "\(command): \(program.errors)")
      let isSilent = command.contains(" > ") || command.hasPrefix("source ")
      #expect(isSilent || !program.output.isEmpty, "\(command) shows nothing")
    }
  }
}
