import Foundation
import Llambo
import Testing

extension LlamboTests {
  @Suite struct OrchestratorTests {
    /// The children of a process.
    private static func children(of pid: Int) -> [Int] {
      let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return entries.compactMap { Int($0) }.filter { child in
        guard let text = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8) else {
          return false
        }
        let words = text.split(separator: ")").last?.split(separator: " ") ?? []
        return words.count > 1 && Int(words[1]) == pid
      }
    }

    /// The folder of an orchestrator's configuration.
    private static func folder(of pid: Int) throws -> String {
      let bytes = try #require(FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"))
      let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      let place = try #require(words.firstIndex(of: "--config"))
      return URL(filePath: words[place + 1]).deletingLastPathComponent().path
    }

    @Test func clusterAnswersAndStops() async throws {
      let orchestrator = Orchestrator(maxNodes: 4, strategy: .roundRobin)
      await fails(with: .noNodes) { _ = try await orchestrator.process("A") }
      #expect(try await orchestrator.spawnCluster(count: 2, modelPath: Place.model) == 2)
      let status = try await orchestrator.status()
      #expect(status.strategy == "round-robin")
      #expect(status.healthyNodes == 2)
      #expect(status.slots == 8)
      let workers = Self.children(of: status.processID)
      #expect(workers.count == 2)
      let folder = try Self.folder(of: status.processID)
      let attributes = try FileManager.default.attributesOfItem(atPath: folder)
      #expect(attributes[.posixPermissions] as? Int == 0o700)

      let answer = try await orchestrator.process("What is a node?", maxTokens: 8)
      #expect(answer.tokenCount <= 8)
      #expect(["worker-0001", "worker-0002"].contains(answer.node))
      var text = ""
      for try await token in orchestrator.stream(.greedy("A node is")) { text += token.text }
      #expect(try await orchestrator.process(.greedy("A node is")).text == text)

      #expect(try await orchestrator.spawnCluster(count: 1, modelPath: Place.model) == 3)
      await fails(with: .tooManyNodes) {
        try await orchestrator.spawnCluster(count: 2, modelPath: Place.model)
      }
      await fails(with: .invalidRequest) {
        try await orchestrator.spawnCluster(count: 1, modelPath: Place.model, slots: 1)
      }
      #expect(try await orchestrator.status().finished == 3)

      await orchestrator.shutdownCluster()
      #expect(!runs(status.processID))
      #expect(workers.allSatisfy { !runs($0) })
      #expect(!FileManager.default.fileExists(atPath: folder))
      await fails(with: .noNodes) { _ = try await orchestrator.status() }
    }

    @Test func severalNodesAnswerOneRequest() async throws {
      let orchestrator = Orchestrator(maxNodes: 3)
      try await orchestrator.spawnCluster(count: 3, modelPath: Place.model)
      var request = InferenceRequest.greedy("A node is")
      let alone = try await orchestrator.process(request)
      #expect(alone.fusion == nil)
      let modes: [Fusion.Mode] = [
        .majority, .quorum(2), .confidence, .weightedAverage, .fastest,
      ]
      for mode in modes {
        request.fusion = Fusion(mode, nodes: 3)
        let fused = try await orchestrator.process(request)
        // Greedy members of one model agree.
        #expect(fused.text == alone.text)
        let outcome = try #require(fused.fusion)
        #expect(outcome.answered + outcome.cancelled == 3 && outcome.failed == 0)
        #expect(outcome.answers.map(\.votes) == [outcome.answered])
        #expect(outcome.answers.first?.nodes.contains(fused.node) == true)
      }
      request.fusion = Fusion(.majority, nodes: 17)
      await fails(with: .outOfRange) { _ = try await orchestrator.process(request) }
      let context = try Context(model: try Model.load(Place.model))
      await fails(with: .invalidRequest) { _ = try await context.infer(request) }
      await orchestrator.shutdownCluster()
    }

    @Test func droppedOrchestratorLeavesNothing() async throws {
      var orchestrator: Orchestrator? = Orchestrator(maxNodes: 2)
      try await orchestrator?.spawnCluster(count: 2, modelPath: Place.model)
      let pid = try #require(try await orchestrator?.status().processID)
      let workers = Self.children(of: pid)
      let folder = try Self.folder(of: pid)
      orchestrator = nil
      try await until("the end of a dropped cluster") {
        !runs(pid) && workers.allSatisfy { !runs($0) }
          && !FileManager.default.fileExists(atPath: folder)
      }
    }

    @Test func killedProgramLeavesNothing() async throws {
      let program = Process()
      program.executableURL = URL(filePath: Place.programs + "/DistributedCluster")
      // It waits for more nodes than it will soon have.
      program.arguments = [Place.model, "40"]
      program.standardOutput = FileHandle.nullDevice
      program.standardError = FileHandle.nullDevice
      try program.run()
      let own = Int(program.processIdentifier)
      try await until("workers of the program") {
        Self.children(of: own).contains { !Self.children(of: $0).isEmpty }
      }
      let orchestrator = try #require(Self.children(of: own).first)
      let folder = try Self.folder(of: orchestrator)
      kill(pid_t(own), SIGKILL)
      try await until("the end of what the program started") {
        !runs(orchestrator) && Self.children(of: orchestrator).isEmpty
          && !FileManager.default.fileExists(atPath: folder)
      }
    }

    @Test func cancellingTheTaskEndsTheAnswer() async throws {
      let orchestrator = Orchestrator(maxNodes: 1)
      try await orchestrator.spawnCluster(
        count: 1, modelPath: Place.model, contextSize: 2048, slots: 1)
      let (seen, first) = AsyncStream.makeStream(of: Void.self)
      let task = Task { try await orchestrator.process(.endless()) { _ in first.yield() } }
      for await _ in seen.prefix(1) {}
      task.cancel()
      await fails(with: .cancelled) { _ = try await task.value }
      #expect(try await orchestrator.process("A node is", maxTokens: 4).tokenCount > 0)
      await orchestrator.shutdownCluster()
    }

    @Test func moreRequestsThanOneConnectionMayHaveAreAnswered() async throws {
      let orchestrator = Orchestrator(maxNodes: 1, timeout: .seconds(240))
      try await orchestrator.spawnCluster(count: 1, modelPath: Place.model, slots: 8)
      let tokens = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<600 {
          group.addTask {
            try await orchestrator.process(.greedy("A node is", maxTokens: 2)).tokenCount
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(tokens == Array(repeating: 2, count: 600))
      await orchestrator.shutdownCluster()
    }

    @Test func whatCannotStartSaysWhyAndLeavesNothing() async throws {
      let orchestrator = Orchestrator(maxNodes: 2)
      await fails(with: .modelNotFound) {
        try await orchestrator.spawnCluster(count: 1, modelPath: "/no/such/model")
      }
      await fails(with: .tooManyNodes) {
        try await orchestrator.spawnCluster(count: 3, modelPath: Place.model)
      }
      do {
        try await orchestrator.spawnCluster(count: 1, modelPath: #filePath)
        Issue.record("a source file is no model")
      } catch {
        #expect(error.code == .launchFailed)
        #expect(error.message.contains("model_not_gguf"), "\(error)")
      }
      #expect(try await orchestrator.spawnCluster(count: 1, modelPath: Place.model) == 1)
      await orchestrator.shutdownCluster()
    }
  }
}
