import LlamaRunner
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// Three workers behind one port answer as one.
  @Suite struct AnswerTests {
    let box: Sandbox
    let cluster: ClusterProgram

    init() throws {
      box = try Sandbox()
      cluster = try box.cluster(ClusterPlan())
    }

    @Test func netcatGetsTokensAndThenOneDone() throws {
      let port = cluster.address.split(separator: ":")[1]
      let result = try box.run(
        "sh",
        [
          "-c",
          #"printf 'INFER #1 {"prompt":"What is a load balancer?","max_tokens":32}\n' "#
            + "| nc -q 2 127.0.0.1 \(port)",
        ])
      #expect(result.end == .status(0))
      let lines = result.output.split(separator: "\n").map(String.init)
      let last = try #require(lines.last)
      #expect(last.hasPrefix("DONE #1 {"))
      var text = ""
      for (index, line) in lines.dropLast().enumerated() {
        #expect(line.hasPrefix("TOKEN #1 {"))
        let body = try JSON.parse(Array(line.dropFirst(9).utf8).span)
        #expect(body["i"]?.integer == index)
        text += body["text"]?.string ?? "no text"
      }
      let done = try JSON.parse(Array(last.dropFirst(8).utf8).span)
      #expect(done["text"]?.string == text)
      #expect(done["token_count"]?.integer == lines.count - 1)
      #expect((1...32).contains(lines.count - 1))
    }

    @Test func lineClientGetsTokensThenOneDoneAndNothingAfter() throws {
      let client = try Client(cluster.address)
      var request = GenerationRequest.infer("What is a load balancer?", temperature: nil)
      request.seed = 1
      let answer = try client.answer(to: request, id: "1")
      #expect(answer.end?.kind == .done)
      #expect(answer.isContiguous && !answer.tokens.isEmpty)
      #expect(answer.text == answer.joinedText)
      #expect(answer.tokenCount == answer.tokens.count)
      // A line after the last one would come before this answer, and throw.
      #expect(try client.ask("PING").kind == .pong)
    }

    @Test func greedyAnswersEqualThoseOfTheLibrary() throws {
      let runner = try LlamaRunner(modelPath: Programs.model)
      let client = try Client(cluster.address)
      let prompts = [
        "What is a load balancer?", "What is a cluster?", "Hello", "Kubernetes and Docker",
        "🦙 What does 東京 mean?", String(repeating: "one two three ", count: 30),
      ]
      for prompt in prompts {
        let alone = try runner.generateStateless(
          prompt, params: GenerationParams(maxTokens: 48, temperature: 0))
        let clustered = try client.answer(to: .infer(prompt, maxTokens: 48))
        #expect(clustered.tokens.map(\.id) == alone.tokens.map(Int.init), "\(prompt)")
        #expect(clustered.text == alone.text)
        #expect(clustered.finishReason == alone.finishReason.rawValue)

        let chatAlone = try runner.generateStateless(
          [ChatMessage(role: "user", content: prompt)],
          params: GenerationParams(maxTokens: 48, temperature: 0))
        let chat = try client.answer(to: .chat(prompt, maxTokens: 48))
        #expect(chat.tokens.map(\.id) == chatAlone.tokens.map(Int.init), "\(prompt)")
        #expect(chat.text == chatAlone.text)
      }
    }

    @Test func thePromptOfMessagesIsMeasuredThroughAWorker() throws {
      let client = try Client(cluster.address)
      let answer = try client.ask(
        #"TOKENIZE {"messages":[{"role":"user","content":"What is a node?"}]}"#)
      let chat = try client.answer(to: .chat("What is a node?", maxTokens: 1))
      #expect(answer.kind == .tokens)
      #expect(answer.body["count"] == chat.end?.body["prompt_tokens"])
      #expect(try client.ask("STATUS").body["context_size"] == 512)
    }

    @Test func tokenizeIsAnsweredThroughAWorker() throws {
      let client = try Client(cluster.address)
      let answer = try client.ask(#"TOKENIZE #t {"text":"What is a node?"}"#)
      #expect(answer.kind == .tokens && answer.id == "t")
      let model = try Model(path: Programs.model)
      let expected = try model.tokenize("What is a node?").map { JSON.integer(Int64($0)) }
      #expect(answer.body["tokens"]?.array == expected)
    }
  }
}
