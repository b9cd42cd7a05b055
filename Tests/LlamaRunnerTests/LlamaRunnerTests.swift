import Testing

@testable import LlamaRunner

@Test func smoke() throws {
  let model = try Model(path: "models/llambo-tiny")
  print(
    model.name, model.architecture, model.contextLength, model.vocabularySize, model.parameterCount)
  let g = try LlamaRunner(model: model).generateStateless(
    "Once upon a time", params: .init(maxTokens: 20, temperature: 0))
  print(g)
  print(
    try model.chatPrompt([
      .init(role: "system", content: "Be good."), .init(role: "user", content: "Hi"),
    ]))
  do { _ = try Model(path: "Package.swift") } catch { print(error) }
}
