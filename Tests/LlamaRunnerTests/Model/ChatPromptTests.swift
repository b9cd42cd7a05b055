import Foundation
import Testing

@testable import LlamaRunner

@Suite struct ChatPromptTests {
  let model: Model

  init() throws { model = try TestModel.load() }

  @Test func theTemplateLeadsUpToTheAnswer() throws {
    let prompt = try model.chatPrompt([
      ChatMessage(role: "system", content: "Be brief."),
      ChatMessage(role: "user", content: "Hi 🦙"),
      ChatMessage(role: "assistant", content: "Hello."),
      ChatMessage(role: "user", content: "Why?"),
    ])
    #expect(
      prompt == """
        <|im_start|>system
        Be brief.<|im_end|>
        <|im_start|>user
        Hi 🦙<|im_end|>
        <|im_start|>assistant
        Hello.<|im_end|>
        <|im_start|>user
        Why?<|im_end|>
        <|im_start|>assistant

        """)
  }

  @Test func contentIsTakenAsItIs() throws {
    for content in ["", "{{ 7 * 7 }}", "{% for %}", "nul\u{0}inside", "\"quotes\"\n"] {
      let prompt = try model.chatPrompt([ChatMessage(role: "user", content: content)])
      #expect(prompt.contains("user\n\(content)<|im_end|>"))
    }
  }

  @Test func noMessagesAreNoPrompt() {
    expectError(.promptEmpty) { try model.chatPrompt([]) }
  }

  @Test func aTemplateThatIsBrokenIsAnError() throws {
    let scratch = try Scratch()
    var bytes = try Data(contentsOf: URL(filePath: model.path))
    let key = try #require(bytes.range(of: Data("tokenizer.chat_template".utf8)))
    let loop = try #require(bytes.range(of: Data("endfor".utf8), in: key.upperBound..<bytes.count))
    bytes.replaceSubrange(loop, with: Data("endfox".utf8))
    let broken = try Model(path: try scratch.write("broken.gguf", bytes))
    for _ in 1...2 {
      let error = expectError(.templateFailed) {
        try broken.chatPrompt([ChatMessage(role: "user", content: "Hi")])
      }
      #expect(error?.message.contains("endfox") == true, "\(error?.message ?? "")")
    }
  }

  @Test func manyThreadsRenderAtOnce() async throws {
    let model = self.model
    let prompts = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<16 {
        group.addTask { try model.chatPrompt([ChatMessage(role: "user", content: "Hi")]) }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(prompts.count == 1)
  }
}
