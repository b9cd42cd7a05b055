import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// A worker without an orchestrator: what it answers.
  @Suite struct WorkerAnswerTests {
    let box: Sandbox
    let worker: WorkerProgram

    init() throws {
      box = try Sandbox()
      worker = try box.tirelessWorker()
    }

    @Test func pingTellsTheLoad() throws {
      let client = try Client(worker.address)
      let idle = try client.ask("PING")
      #expect(idle.kind == .pong)
      #expect(idle.body == ["active": 0, "waiting": 0])
      try client.startEndless("long")
      try until("an active request in PONG") { try client.ask("PING").body["active"] == 1 }
    }

    @Test func statusTellsWhatItServes() throws {
      let client = try Client(worker.address)
      _ = try client.answer(to: .infer("Hello", maxTokens: 5))
      let status = try client.ask("STATUS #s")
      #expect(status.kind == .status && status.id == "s")
      #expect(status.body["slots"] == 4)
      #expect(status.body["context_size"]?.integer == TirelessModel.contextSize)
      #expect(status.body["listen"]?.string == worker.address)
      #expect(status.body["requests"] == 1)
      #expect(status.body["draining"] == false)
    }

    @Test func tokenizeCountsTheTokens() throws {
      let client = try Client(worker.address)
      let answer = try client.ask(#"TOKENIZE #t {"text":"What is a load balancer?"}"#)
      #expect(answer.kind == .tokens && answer.id == "t")
      let tokens = answer.body["tokens"]?.array ?? []
      #expect(!tokens.isEmpty)
      #expect(answer.body["count"]?.integer == tokens.count)
    }

    @Test func tokenizeCountsTheWholePromptOfMessages() throws {
      let client = try Client(worker.address)
      let messages = #"{"messages":[{"role":"user","content":"What is a node?"}]}"#
      let answer = try client.ask("TOKENIZE \(messages)")
      #expect(answer.kind == .tokens)
      let chat = try client.answer(to: .chat("What is a node?", maxTokens: 1))
      #expect(answer.body["count"] == chat.end?.body["prompt_tokens"])
      #expect(try client.ask("TOKENIZE {}").body["code"] == "invalid_request")
    }

    @Test func requestWithoutAnIDIsAnsweredWithoutOne() throws {
      let client = try Client(worker.address)
      try client.send(.infer("What is a cluster?", maxTokens: 4), id: nil)
      let answer = try client.finish("")
      #expect(answer.end?.kind == .done)
      #expect(answer.end?.id == nil)
      #expect(answer.isContiguous && !answer.tokens.isEmpty)
    }

    @Test func secondRequestWithoutAnIDIsRefusedWhileTheFirstRuns() throws {
      let client = try Client(worker.address)
      try client.startEndless("")
      try client.send(#"INFER {"prompt":"x"}"#)
      #expect(try client.finish("").errorCode == "too_many_requests")
    }

    @Test func idInUseIsRefused() throws {
      let client = try Client(worker.address)
      try client.startEndless("a")
      try client.send(#"INFER #a {"prompt":"x"}"#)
      #expect(try client.finish("a").errorCode == "duplicate_id")
    }

    @Test func requestsOfOneConnectionInterleave() throws {
      let client = try Client(worker.address)
      for id in 1...4 { try client.send(.endless, id: "r\(id)") }
      var order: [String] = []
      while order.count < 200 {
        let line = try client.receive()
        if line.kind == .token { order.append(line.id ?? "") }
        if line.kind == .done { break }
      }
      let changes = zip(order, order.dropFirst()).count { $0 != $1 }
      #expect(Set(order).count == 4)
      #expect(changes > order.count / 4, "\(changes) changes in \(order.count) lines")
    }

    @Test func manyConcurrentRequestsEachGetTheirOwnWholeAnswer() throws {
      let client = try Client(worker.address)
      let prompts = (1...12).map { "Question \($0): what is a node?" }
      for (id, prompt) in prompts.enumerated() {
        try client.send(.infer(prompt, maxTokens: 8 + id), id: "q\(id)")
      }
      _ = try client.finishAll()
      for id in prompts.indices {
        let answer = try #require(client.answers["q\(id)"])
        #expect(answer.end?.kind == .done)
        #expect(answer.isContiguous)
        #expect(answer.tokenCount == answer.tokens.count)
        #expect(answer.tokens.count <= 8 + id)
        #expect(answer.text == answer.joinedText)
      }
    }

    @Test func maxTokensEndsAnAnswerWithLength() throws {
      let client = try Client(worker.address)
      for count in [1, 7, 64] {
        let answer = try client.answer(to: .infer("What is a node?", maxTokens: count))
        #expect(answer.tokens.count == count)
        #expect(answer.tokenCount == count)
        #expect(answer.finishReason == "length")
      }
    }

    @Test func fullContextEndsAnAnswerWithLength() throws {
      let small = try box.worker(try box.tirelessModel(), contextSize: 64)
      let answer = try Client(small.address).answer(to: .endless)
      let prompt = try #require(answer.end?.body["prompt_tokens"]?.integer)
      #expect(prompt + answer.tokens.count == 64)
      #expect(answer.finishReason == "length")
    }

    @Test func seedRepeatsARandomAnswer() throws {
      // The model is so sure of its words that milder sampling says the same with any seed.
      var request = GenerationRequest.infer("A cluster", maxTokens: 24, temperature: 5)
      request.topP = 1
      request.topK = 0
      request.seed = 42
      let client = try Client(worker.address)
      let first = try client.answer(to: request)
      #expect(first.tokens == (try client.answer(to: request)).tokens)
      request.seed = 43
      #expect(first.tokens != (try client.answer(to: request)).tokens)
    }

    @Test func textsAreWholeCharacters() throws {
      // Every line is read as JSON, which must be UTF-8; a character cut in two would be U+FFFD.
      let client = try Client(worker.address)
      for seed in 1...4 as ClosedRange<UInt32> {
        // Nearly every token is as likely as any other, bytes of characters among them.
        var request = GenerationRequest.infer(
          "🦙 naïve 東京 👩‍👩‍👧‍👦 — are these whole? 🦙🦙", maxTokens: 200, temperature: 5)
        request.topK = 0
        request.topP = 1
        request.seed = seed
        let answer = try client.answer(to: request)
        #expect(answer.end?.kind == .done)
        #expect(answer.text == answer.joinedText)
      }
      let tokens = try client.ask(#"TOKENIZE {"text":"🦙 naïve 東京 👩‍👩‍👧‍👦"}"#)
      #expect(tokens.kind == .tokens)
    }

    @Test func chatGoesThroughTheTemplate() throws {
      let client = try Client(worker.address)
      let question = "What is a load balancer?"
      let raw = try client.answer(to: .infer(question, maxTokens: 1))
      let chat = try client.answer(to: .chat(question, maxTokens: 1))
      let rawTokens = try #require(raw.end?.body["prompt_tokens"]?.integer)
      let chatTokens = try #require(chat.end?.body["prompt_tokens"]?.integer)
      #expect(chatTokens > rawTokens)
    }

    @Test func promptBeyondTheContextIsRefused() throws {
      let client = try Client(worker.address)
      let long = String(repeating: "cluster ", count: TirelessModel.contextSize)
      #expect(try client.answer(to: .infer(long)).errorCode == "prompt_too_long")
      #expect(try client.answer(to: .infer("")).errorCode == "prompt_empty")
      #expect(try client.answer(to: .infer("Hello")).end?.kind == .done)
    }

    @Test func cancelEndsARunningAnswerAndFreesItsSlot() throws {
      let client = try Client(worker.address)
      try client.startEndless("long")
      try client.send("CANCEL #long")
      let answer = try client.finish("long")
      #expect(answer.finishReason == "cancelled")
      #expect(answer.tokenCount == answer.tokens.count)
      #expect(answer.tokens.count < 1000)
      #expect(answer.text == answer.joinedText)
      try worker.waitUntilIdle()
    }

    @Test func cancelOfAnUnknownRequestIsAnError() throws {
      let client = try Client(worker.address)
      let answer = try client.ask("CANCEL #nothing")
      #expect(answer.body["code"] == "unknown_request")
      #expect(answer.id == "nothing")
    }

    @Test func oneClientCannotCancelForAnother() throws {
      let first = try Client(worker.address)
      try first.startEndless("mine")
      let second = try Client(worker.address)
      #expect(try second.ask("CANCEL #mine").body["code"] == "unknown_request")
      let seen = try #require(first.answers["mine"]).tokens.count
      try first.waitForTokens(seen + 10, of: "mine")
      #expect(first.answers["mine"]?.errorCode == nil)
    }
  }
}
