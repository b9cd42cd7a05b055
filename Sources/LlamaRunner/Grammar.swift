import CLlama

/// A grammar in llama.cpp's GBNF notation: the texts that an answer may be.
public struct Grammar: Sendable, Equatable {
  /// The rules; the first symbol is `root`.
  public let gbnf: String

  /// The JSON values that a JSON Schema accepts.
  ///
  /// - Throws: `grammar_failed` where the text is no JSON Schema or has no grammar.
  public init(jsonSchema: String) throws(LlamaError) {
    var grammar = CText()
    var error = CText()
    guard cllama_grammar_from_json_schema(jsonSchema, &grammar.raw, &error.raw) else {
      throw LlamaError(.grammarFailed, error.string)
    }
    gbnf = grammar.string
  }
}
