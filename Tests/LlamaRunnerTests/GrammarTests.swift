import Testing

@testable import LlamaRunner

@Suite struct GrammarTests {
  @Test func aSchemaBecomesRules() throws {
    let grammar = try Grammar(
      jsonSchema: #"{"type": "object", "properties": {"age": {"type": "integer"}}}"#)
    #expect(grammar.gbnf.contains("root ::="))
    #expect(grammar.gbnf.contains("age"))
  }

  @Test(arguments: ["", "{", "no json", ##"{"$ref": "#/nowhere"}"##, #"{"type": "colour"}"#])
  func whatHasNoGrammarIsRefused(schema: String) {
    let error = expectError(.grammarFailed) { try Grammar(jsonSchema: schema) }
    #expect(error?.message.isEmpty == false)
  }
}
