// Both, for their types are the same.
import LlamaRunner
import Llambo
import Synchronization
import Testing

extension LlamboTests {
  @Suite struct ContextTests {
    @Test func inferAnswersInTheContextThatTheRequestNames() async throws {
      let context = try Context(model: try Model.load(Place.model), threads: 1)
      let response = try await infer(
        InferenceRequest(prompt: "A cluster is", maxTokens: 12, temperature: 0, context: context))
      let same = try LlamaRunner(model: context.model)
        .generateStateless("A cluster is", params: GenerationParams(maxTokens: 12, temperature: 0))
      #expect(response.text == same.text)
      #expect(response.tokenCount == same.tokens.count)
      #expect(response.node == "local")
      #expect(response.completionTime >= response.firstTokenTime)
      #expect(response.firstTokenTime > .zero)
    }

    @Test func defaultsAreTheQuickReferences() {
      let request = InferenceRequest(prompt: "A")
      #expect(request.maxTokens == 128)
      #expect(request.temperature == 0.7)
      #expect(request.topP == 0.9)
      var other = request
      other.topK = 5
      #expect(other.params.topK == 5)
    }

    @Test func streamBringsTheTokensOfTheAnswer() async throws {
      let context = try Context(model: try Model.load(Place.model), threads: 1)
      let request = InferenceRequest.greedy("A node is")
      let whole = try await context.infer(request)
      var tokens: [InferenceToken] = []
      for try await token in context.stream(request) { tokens.append(token) }
      #expect(tokens.map(\.text).joined() == whole.text)
      #expect(tokens.map(\.index) == Array(0..<whole.tokenCount))
    }

    @Test func conversationGoesThroughTheChatTemplate() async throws {
      let context = try Context(model: try Model.load(Place.model), threads: 1)
      var request = InferenceRequest.question("What is a cluster?", maxTokens: 24)
      request.temperature = 0
      let own = try LlamaRunner(model: context.model).ask(
        "What is a cluster?", params: GenerationParams(maxTokens: 24, temperature: 0))
      #expect(try await context.infer(request).text == own.text)
    }

    @Test func severalRequestsAreAnsweredAtOnce() async throws {
      let context = try Context(model: try Model.load(Place.model), threads: 1, slots: 4)
      let alone = try await context.infer(.greedy("A node is")).text
      let answers = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<8 { group.addTask { try await context.infer(.greedy("A node is")).text } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.count == 8)
      #expect(answers.allSatisfy { !$0.isEmpty })
      #expect(answers.contains(alone))
    }

    @Test func cancellingTheTaskEndsTheAnswer() async throws {
      let context = try Context(model: try Model.load(Place.model), contextSize: 4096, threads: 1)
      let (seen, first) = AsyncStream.makeStream(of: Void.self)
      let task = Task {
        try await context.infer(.endless()) { _ in first.yield() }
      }
      for await _ in seen.prefix(1) {}
      task.cancel()
      await fails(with: .cancelled) { _ = try await task.value }
      let never = Task { try await context.infer(.endless()) }
      never.cancel()
      await fails(with: .cancelled) { _ = try await never.value }
      #expect(try await !context.infer(.greedy("A node is")).text.isEmpty)
    }

    @Test func leavingAStreamEndsTheAnswer() async throws {
      let context = try Context(model: try Model.load(Place.model), contextSize: 4096, threads: 1)
      for try await token in context.stream(.endless()) where token.index == 2 { break }
      // The only slot is free again.
      #expect(try await context.infer(.greedy("A node is")).tokenCount > 0)
    }

    @Test func errorsNameTheirKind() async throws {
      await fails(with: .modelNotFound) { _ = try Model.load("/no/such/model") }
      let model = try Model.load(Place.model)
      await fails(with: .invalidParameter) { _ = try Context(model: model, slots: 0) }
      let context = try Context(model: model, contextSize: 64, threads: 1)
      await fails(with: .promptEmpty) { _ = try await context.infer(.greedy("")) }
      let long = String(repeating: "node ", count: 200)
      await fails(with: .promptTooLong) { _ = try await context.infer(.greedy(long)) }
      var hot = InferenceRequest(prompt: "A")
      hot.temperature = 9
      await fails(with: .invalidParameter) { [hot] in _ = try await context.infer(hot) }
      await fails(with: .invalidRequest) { _ = try await infer(.greedy("A")) }
    }
  }
}
