import Foundation
import Llambo
import Testing

extension LlamboTests {
  @Suite struct ClusterNodeTests {
    @Test func spawnedNodeAnswersAndShutsDown() async throws {
      let node = try await ClusterNode.spawn(
        model: Place.model, name: "first", type: "tiny", contextSize: 256, slots: 2)
      #expect(node.type == "tiny")
      #expect(node.slots == 2)
      #expect(node.contextSize == 256)
      let pid = try #require(node.processID)
      #expect(runs(pid))

      let context = try Context(model: try Model.load(Place.model), threads: 1)
      let request = InferenceRequest.greedy("A node is")
      let response = try await node.submit(request)
      #expect(response.text == (try await context.infer(request)).text)
      #expect(response.node == "first")
      var text = ""
      for try await token in node.stream(request) { text += token.text }
      #expect(text == response.text)

      await node.shutdown()
      #expect(!runs(pid))
      await fails(with: .nodeLost) { _ = try await node.submit(request) }
    }

    @Test func droppedNodeLeavesNoProcess() async throws {
      var node: ClusterNode? = try await ClusterNode.spawn(model: Place.model)
      let pid = try #require(node?.processID)
      #expect(runs(pid))
      node = nil
      try await until("the end of a dropped node") { !runs(pid) }
    }

    @Test func nodeOnAnotherConnectionIsLeftAlone() async throws {
      let owner = try await ClusterNode.spawn(model: Place.model)
      let guest = try await ClusterNode.connect(to: owner.address, name: "guest")
      #expect(guest.processID == nil)
      #expect(guest.slots == owner.slots)
      #expect(try await guest.submit(.greedy("A node is")).node == "guest")
      await guest.shutdown()
      #expect(try await owner.submit(.greedy("A node is")).tokenCount > 0)
      await owner.shutdown()
    }

    @Test func cancellingTheTaskFreesTheSlot() async throws {
      let node = try await ClusterNode.spawn(model: Place.model, contextSize: 2048, slots: 1)
      let (seen, first) = AsyncStream.makeStream(of: Void.self)
      let task = Task { try await node.submit(.endless()) { _ in first.yield() } }
      for await _ in seen.prefix(1) {}
      task.cancel()
      await fails(with: .cancelled) { _ = try await task.value }
      for try await token in node.stream(.endless()) where token.index == 2 { break }
      #expect(try await node.submit(.greedy("A node is")).tokenCount > 0)
      await node.shutdown()
    }

    @Test func killedNodeIsAnErrorThatSaysSo() async throws {
      let node = try await ClusterNode.spawn(model: Place.model, contextSize: 2048)
      let pid = try #require(node.processID)
      let (seen, first) = AsyncStream.makeStream(of: Void.self)
      let task = Task { try await node.submit(.endless()) { _ in first.yield() } }
      for await _ in seen.prefix(1) {}
      kill(pid_t(pid), SIGKILL)
      await fails(with: .nodeLost) { _ = try await task.value }
    }

    @Test func refusalsOfTheWorkerComeThrough() async throws {
      let node = try await ClusterNode.spawn(model: Place.model, contextSize: 64)
      let long = String(repeating: "node ", count: 200)
      await fails(with: .promptTooLong) { _ = try await node.submit(.greedy(long)) }
      var hot = InferenceRequest(prompt: "A")
      hot.temperature = 9
      await fails(with: .outOfRange) { [hot] in _ = try await node.submit(hot) }
      await node.shutdown()
    }

    @Test func whatCannotStartSaysWhy() async throws {
      await fails(with: .modelNotFound) { _ = try await ClusterNode.spawn(model: "/no/such/model") }
      do {
        _ = try await ClusterNode.spawn(model: #filePath)
        Issue.record("a source file is no model")
      } catch {
        #expect(error.code == .launchFailed)
        #expect(error.message.contains("model_not_gguf"), "\(error)")
      }
      await fails(with: .launchFailed) {
        _ = try await ClusterNode.spawn(model: Place.model, programs: "/no/such/folder")
      }
      await fails(with: .unreachable) { _ = try await ClusterNode.connect(to: "127.0.0.1:1") }
      await fails(with: .invalidRequest) { _ = try await ClusterNode.connect(to: "somewhere") }
    }
  }
}
