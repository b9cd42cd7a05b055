import Foundation
import Testing

extension LlamboTests {
  /// The programs of `Examples`, as a person runs them.
  @Suite struct ExampleTests {
    private static func run(_ name: String, _ arguments: String...) async throws -> String {
      let program = Process()
      let pipe = Pipe()
      program.executableURL = URL(filePath: Place.programs + "/" + name)
      program.arguments = arguments
      program.standardOutput = pipe
      try program.run()
      let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
      program.waitUntilExit()
      #expect(program.terminationStatus == 0)
      return String(decoding: bytes, as: UTF8.self)
    }

    @Test func simpleInferenceAnswers() async throws {
      let output = try await Self.run("SimpleInference", Place.model)
      #expect(output.firstMatch(of: /^Response: .+/) != nil)
      #expect(output.firstMatch(of: /\d+ tokens in [0-9.e-]+ seconds, (stop|length)\n$/) != nil)
    }

    @Test func distributedClusterAnswersThreePrompts() async throws {
      let output = try await Self.run("DistributedCluster", Place.model, "2")
      #expect(output.hasPrefix("Spawned 2 nodes\n"))
      for number in 1...3 { #expect(output.contains("\nResponse \(number): ")) }
      #expect(output.contains("least-loaded"))
      #expect(output.contains("2 healthy of 2, 0 lost"))
      #expect(output.contains("3 finished, 0 failed"))
    }

    @Test func customLoadBalancerSendsLongPromptsToLargeNodes() async throws {
      let output = try await Self.run("CustomLoadBalancer", Place.model)
      #expect(output.contains("A prompt of 15 bytes went to tiny-1\n"))
      #expect(output.contains("A prompt of 1260 bytes went to large-1\n"))
      #expect(output.contains("custom: 1 node, 2 requests accepted, 2 finished"))
      #expect(output.contains("large-1 (large): 0 of 4 slots, 1 request,"))
    }

    @Test(arguments: ["SimpleInference", "DistributedCluster", "CustomLoadBalancer", "Patterns"])
    func aWrongPathIsToldAndEndsTheProgram(_ name: String) throws {
      let file = FileManager.default.temporaryDirectory.appending(path: "llambo-\(UUID())")
      try Data().write(to: file)
      defer { try? FileManager.default.removeItem(at: file) }
      let program = Process()
      program.executableURL = URL(filePath: Place.programs + "/" + name)
      program.arguments = ["/nosuch"]
      program.standardError = try FileHandle(forWritingTo: file)
      try program.run()
      program.waitUntilExit()
      #expect(program.terminationReason == .exit)
      #expect(program.terminationStatus == 1)
      let errors = try String(contentsOf: file, encoding: .utf8)
      #expect(errors.hasPrefix("\(name): ") && errors.contains("/nosuch"), "\(errors)")
    }

    /// A program that lies elsewhere finds the others in the checkout that it is told of.
    @Test func programsAreFoundInTheCheckout() throws {
      let files = FileManager.default
      let folder = URL(filePath: Place.programs).appending(path: "elsewhere-\(UUID())")
      defer { try? files.removeItem(at: folder) }
      try files.createDirectory(
        at: folder.appending(path: "checkout/.build"), withIntermediateDirectories: true)
      try files.createSymbolicLink(
        atPath: folder.appending(path: "checkout/.build/release").path,
        withDestinationPath: Place.programs)
      let program = folder.appending(path: "DistributedCluster")
      // No copy, which another test's child may hold open for writing while it starts.
      try files.linkItem(atPath: Place.programs + "/DistributedCluster", toPath: program.path)

      func run(root: String?) throws -> (status: Int32, errors: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = [Place.model, "1"]
        process.environment = ProcessInfo.processInfo.environment.merging(
          root.map { ["LLAMBO_ROOT": $0] } ?? [:], uniquingKeysWith: { $1 })
        process.standardOutput = FileHandle.nullDevice
        process.standardError = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
      }
      let found = try run(root: folder.appending(path: "checkout").path)
      #expect(found.status == 0, "\(found.errors)")
      let missing = try run(root: folder.path)
      #expect(missing.status != 0)
      #expect(
        missing.errors.contains("there is no llambo-orchestrator in this program's folder or"))
    }

    @Test func patternsWork() async throws {
      let output = try await Self.run("Patterns", Place.model)
      for question in ["node", "cluster", "token", "queue"] {
        let line = try Regex("What is a \(question)\\? \\d+ tokens from worker-000[12]\n")
        #expect(output.firstMatch(of: line) != nil)
      }
      #expect(output.firstMatch(of: /\nVoted:.+ \(votes: \[[1-3].*\]\)\n/) != nil)
      #expect(output.firstMatch(of: /\nFused:.+/) != nil)
      #expect(output.contains("\nSuccess: "))
      #expect(output.contains("\nInference failed: prompt_empty\n"))
      #expect(output.firstMatch(of: /\nFirst:[^.]+\./) != nil)
    }
  }
}
