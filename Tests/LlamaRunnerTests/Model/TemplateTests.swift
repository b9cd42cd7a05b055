import Foundation
import Testing

@testable import LlamaRunner

/// The shapes of templates that models ship.
@Suite struct TemplateTests {
  static let conversation = [
    ChatMessage(role: "system", content: "Be brief."),
    ChatMessage(role: "user", content: "Hi"),
    ChatMessage(role: "assistant", content: "Hello."),
    ChatMessage(role: "user", content: "Why?"),
  ]

  static func prompt(
    _ template: String, _ messages: [ChatMessage] = conversation
  ) throws -> String {
    let scratch = try Scratch()
    let path = try ModelMetadata.load(from: TestModel.folder).modelPath
    var file = try GGUFBuilder(of: [UInt8](try Data(contentsOf: URL(filePath: path))))
    file.set("tokenizer.chat_template", text: template)
    let model = try Model(path: try scratch.write("model.gguf", Data(file.bytes())))
    return try model.chatPrompt(messages)
  }

  @Test func headersBeforeEachTurn() throws {
    let prompt = try Self.prompt(
      """
      {{- bos_token }}
      {%- for message in messages %}
        {%- set head = '<|start|>' + message['role'] + '<|end|>\\n\\n' %}
        {{- head + message['content'] | trim + '<|eot|>' }}
      {%- endfor %}
      {%- if add_generation_prompt %}{{- '<|start|>assistant<|end|>\\n\\n' }}{% endif %}
      """)
    #expect(
      prompt.hasSuffix(
        "<|start|>user<|end|>\n\nWhy?<|eot|><|start|>assistant<|end|>\n\n"))
    #expect(prompt.contains("<|start|>system<|end|>\n\nBe brief.<|eot|>"))
  }

  @Test func theSystemMessageInsideTheFirstInstruction() throws {
    let template = """
      {%- if messages[0]['role'] == 'system' %}
        {%- set system = messages[0]['content'] %}
        {%- set turns = messages[1:] %}
      {%- else %}
        {%- set turns = messages %}
      {%- endif %}
      {%- for message in turns %}
        {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
          {{- raise_exception('the roles must alternate') }}
        {%- endif %}
        {%- if message['role'] == 'user' %}
          {%- if loop.first and system is defined %}
            {{- '[INST] ' + system + '\\n\\n' + message['content'] + ' [/INST]' }}
          {%- else %}
            {{- '[INST] ' + message['content'] + ' [/INST]' }}
          {%- endif %}
        {%- else %}
          {{- ' ' + message['content'] + '</s>' }}
        {%- endif %}
      {%- endfor %}
      """
    #expect(
      try Self.prompt(template) == "[INST] Be brief.\n\nHi [/INST] Hello.</s>[INST] Why? [/INST]")
    let error = expectError(.templateFailed) {
      try Self.prompt(
        template,
        [ChatMessage(role: "user", content: "a"), ChatMessage(role: "user", content: "b")])
    }
    #expect(error?.message.contains("the roles must alternate") == true)
  }

  @Test func macrosAndNamespaces() throws {
    let prompt = try Self.prompt(
      """
      {%- macro turn(role, content) %}<{{ role }}>{{ content }}</{{ role }}>{% endmacro %}
      {%- set state = namespace(count=0, last='') %}
      {%- for message in messages %}
        {%- set state.count = state.count + 1 %}
        {%- set state.last = message.role %}
        {{- turn(message.role, message.content) }}
      {%- endfor %}
      {%- for i in range(2) %}{{ i }}{% endfor %}{{ state.count }}{{ state.last }}
      """)
    #expect(
      prompt
        == "<system>Be brief.</system><user>Hi</user><assistant>Hello.</assistant>"
        + "<user>Why?</user>014user")
  }

  @Test func aConversationOfThousandTurnsRenders() throws {
    let turns = (0..<1000).map {
      ChatMessage(role: $0 % 2 == 0 ? "user" : "assistant", content: "turn \($0)")
    }
    let prompt = try Self.prompt(
      "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}{% endfor %}", turns)
    #expect(prompt.hasPrefix("<user>turn 0<assistant>turn 1<user>turn 2"))
    #expect(prompt.hasSuffix("<assistant>turn 999"))
  }
}

/// Templates that would end the process, or never end.
@Suite struct HostileTemplateTests {
  private func failure(_ template: String) -> String {
    expectError(.templateFailed) { try TemplateTests.prompt(template) }?.message ?? ""
  }

  @Test(arguments: [
    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
    "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f() %}{% call f() %}{{ caller() }}{% endcall %}{% endmacro %}{{ f() }}",
    "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns | tojson }}",
    "{% set list = [] %}{% set more = list.append(list) %}{{ list }}",
  ])
  func recursionIsAnError(template: String) {
    let message = failure(template)
    #expect(message.contains("nests too deep") || message.contains("memory"), "\(message)")
  }

  @Test(arguments: [("(", "1", ")"), ("not ", "1", ""), ("[", "", ""), ("", "1", " if 1 else 1")])
  func anExpressionThatNestsIsAnError(before: String, middle: String, after: String) {
    func many(_ text: String) -> String { String(repeating: text, count: 100_000) }
    #expect(failure("{{ \(many(before))\(middle)\(many(after)) }}").contains("nests too deep"))
  }

  @Test func blocksThatNestAreAnError() {
    let depth = 100_000
    let template =
      String(repeating: "{% if 1 %}", count: depth) + String(repeating: "{% endif %}", count: depth)
    #expect(failure(template).contains("nests too deep"))
  }

  @Test(arguments: [
    "{% for a in range(1000000000) %}{% endfor %}",
    "{{ 'x' * 100000000000 }}",
    "{{ 'x' | indent(100000000000) }}",
    "{% set ns = namespace(s='x') %}{% for i in range(60) %}"
      + "{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
  ])
  func memoryHasABound(template: String) {
    let message = failure(template)
    #expect(message.contains("memory") || message.contains("does not end"), "\(message)")
  }

  @Test func timeHasABound() {
    let loops = (0..<9).map { "{% for v\($0) in range(1000) %}" }.joined()
    let ends = String(repeating: "{% endfor %}", count: 9)
    #expect(failure(loops + ends).contains("does not end within"))
  }

  @Test func arithmeticThatTrapsIsAnError() {
    #expect(failure("{{ 1 is divisibleby(0) }}").contains("signal"))
  }

  @Test func otherPromptsGoOnMeanwhile() async throws {
    let model = try TestModel.load()
    let loops = (0..<9).map { "{% for v\($0) in range(1000) %}" }.joined()
    let endless = loops + String(repeating: "{% endfor %}", count: 9)
    async let hostile = Task.detached { self.failure(endless) }.value
    for _ in 0..<20 {
      #expect(try model.chatPrompt(TemplateTests.conversation).contains("Be brief."))
    }
    #expect(await hostile.contains("does not end within"))
  }
}
