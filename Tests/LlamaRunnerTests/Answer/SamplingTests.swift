import Foundation
import Testing

@testable import LlamaRunner

/// The parameters of the field, on the real model.
@Suite struct SamplingTests {
  let model: Model
  let runner: LlamaRunner

  init() throws {
    model = try TestModel.load()
    runner = LlamaRunner(model: model)
  }

  func answer(
    _ prompt: String = "A cluster is", _ change: (inout GenerationParams) throws -> Void
  ) throws -> Generation {
    var params = TestModel.greedy(maxTokens: 24)
    try change(&params)
    return try runner.generateStateless(prompt, params: params)
  }

  @Test func aStopStringEndsTheAnswerBeforeIt() throws {
    let whole = try answer { _ in }
    let stop = String(whole.text.dropFirst(8).prefix(5))
    let cut = try answer { $0.stop = ["never said", stop] }
    let place = try #require(whole.text.range(of: stop))
    #expect(cut.text == String(whole.text[..<place.lowerBound]))
    #expect(cut.finishReason == .stop)
  }

  @Test func aBiasRulesATokenOutOrIn() throws {
    let first = try #require(try answer { _ in }.tokens.first)
    #expect(try answer { $0.logitBias[first] = -.infinity }.tokens.first != first)
    #expect(try answer { $0.logitBias[99] = 100 }.tokens == Array(repeating: 99, count: 24))
    expectError(.invalidParameter) { try answer { $0.logitBias[1 << 20] = 1 } }
  }

  @Test func penaltiesKeepFromRepeating() throws {
    let stuck = try answer {
      $0.logitBias[99] = 40
      $0.repeatLastN = 0
      $0.presencePenalty = 10
    }
    #expect(Set(stuck.tokens) == [99])
    let varied = try answer {
      $0.logitBias[99] = 40
      $0.frequencyPenalty = 10
    }
    #expect(Set(varied.tokens).count > 1)
    let long: (inout GenerationParams) -> Void = {
      $0.maxTokens = 100
      $0.ignoreEOS = true
    }
    let plain = try answer("A cluster is", long)
    let penalized = try answer {
      long(&$0)
      $0.repeatPenalty = 10
      $0.repeatLastN = -1
    }
    #expect(Set(penalized.tokens).count > Set(plain.tokens).count)
  }

  @Test func minPKeepsTheLikely() throws {
    let greedy = try answer { _ in }
    let narrow = try answer {
      $0.temperature = 5
      $0.topP = 1
      $0.topK = 0
      $0.minP = 1
    }
    #expect(narrow.tokens == greedy.tokens)
  }

  @Test func withoutAnEndTheAnswerGoesOn() throws {
    let endless = try answer("What is a load balancer?") {
      $0.maxTokens = 300
      $0.ignoreEOS = true
    }
    #expect(endless.tokens.count == 300)
    #expect(endless.finishReason == .length)
  }

  @Test func likelihoodsAreOfTheModelItself() throws {
    let told = try answer {
      $0.logprobs = 3
      $0.logitBias[99] = 1
    }
    #expect(told.likelihoods.count == told.tokens.count)
    var decoder = try TokenDecoder(model: model, contextSize: 64)
    try decoder.decode(
      Tokens.buildBatch(try model.tokenize("A cluster is"), startPosition: 0))
    let logits = decoder.logits.map(Double.init)
    let whole = log(logits.map { exp($0) }.reduce(0, +))
    let first = try #require(told.likelihoods.first)
    #expect(abs(first.logProbability - (logits[Int(told.tokens[0])] - whole)) < 1e-2)
    #expect(first.likeliest.count == 3)
    #expect(first.likeliest[0].token == told.tokens[0])
    #expect(
      first.likeliest.map(\.logProbability) == first.likeliest.map(\.logProbability).sorted(by: >))
    #expect(told.meanLogProbability.map { $0 < 0 } == true)
    #expect(try answer { _ in }.likelihoods.isEmpty)
  }

  @Test(arguments: [0, 1.5]) func aGrammarBindsTheAnswer(temperature: Double) throws {
    let digits = try answer {
      $0.temperature = temperature
      $0.grammar = try Grammar(gbnf: "root ::= [0-9] [0-9] \"-\" (\"yes\" | \"no\")")
    }
    #expect(digits.text.wholeMatch(of: /[0-9][0-9]-(yes|no)/) != nil)
    #expect(digits.finishReason == .stop)
  }

  @Test func aSchemaBindsTheAnswer() throws {
    let text = try answer {
      $0.maxTokens = 400
      $0.temperature = 1
      $0.seed = 5
      $0.grammar = try Grammar(
        jsonSchema: #"{"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"]}"#)
    }.text
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Bool]
    #expect(object?.keys.sorted() == ["ok"])
  }

  @Test func aCompleteGrammarEndsAlsoAnEndlessAnswer() throws {
    let text = try answer {
      $0.grammar = try Grammar(gbnf: "root ::= \"yes\"")
      $0.ignoreEOS = true
    }
    #expect(text.text == "yes")
    #expect(text.finishReason == .stop)
  }

  @Test(arguments: ["", "no rules", "root ::= missing", "root ::= root \"a\"", "top ::= \"a\""])
  func whatIsNoGrammarIsRefused(rules: String) {
    expectError(.grammarFailed) { try answer { $0.grammar = try Grammar(gbnf: rules) } }
  }

  @Test func whatWouldOverwhelmTheParserIsRefused() {
    let deep = "root ::= " + String(repeating: "(", count: 20_000)
    let wide = "root ::= [" + String(repeating: "a", count: 30_000) + "]{2000}"
    for rules in [deep, wide] { expectError(.grammarFailed) { try Grammar(gbnf: rules) } }
    let nested =
      String(repeating: #"{"items":"#, count: 5000) + "{}" + String(repeating: "}", count: 5000)
    expectError(.grammarFailed) { try Grammar(jsonSchema: nested) }
  }

  @Test func theLimitsOfTheNewParametersAreNamed() {
    let wrong: [(String, (inout GenerationParams) -> Void)] = [
      ("min_p", { $0.minP = 1.1 }), ("repeat_penalty", { $0.repeatPenalty = 0 }),
      ("frequency_penalty", { $0.frequencyPenalty = .nan }),
      ("presence_penalty", { $0.presencePenalty = 11 }), ("repeat_last_n", { $0.repeatLastN = -2 }),
      ("logprobs", { $0.logprobs = 21 }), ("stop", { $0.stop = Array(repeating: "a", count: 17) }),
      ("bytes of a stop string", { $0.stop = [""] }),
      ("logit_bias", { $0.logitBias[1] = .infinity }),
    ]
    for (field, change) in wrong {
      let error = expectError(.invalidParameter) { try answer("A", change) }
      #expect(error?.message.hasPrefix(field) == true)
    }
  }
}
