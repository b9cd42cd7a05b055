/// Talks with one model and writes code with another; each remembers its own conversation.
public struct MultiModelAgent: Sendable {
  /// The models, named "chat" and "code".
  public let models: ModelSwitcher

  /// Notes where the models are; each is loaded when it is first needed.
  public init(chatModelPath: String, codeModelPath: String, options: ModelOptions = ModelOptions())
  {
    models = ModelSwitcher(paths: ["chat": chatModelPath, "code": codeModelPath], options: options)
  }

  /// The chat model's answer, of 200 tokens at most unless said otherwise.
  ///
  /// - Throws: what loading and `generateStateful` throw.
  public func chat(_ query: String, maxTokens: Int = 200) throws(LlamaError) -> String {
    try models.runner("chat").generateStateful(query, maxTokens: maxTokens).text
  }

  /// What the code model writes below a comment that says what is wanted, of 500 tokens at most
  /// unless said otherwise.
  ///
  /// - Parameter language: as a fenced code block names it.
  /// - Throws: what loading and `generateStateful` throw.
  public func code(
    _ query: String, language: String = "swift", maxTokens: Int = 500
  ) throws(LlamaError) -> String {
    let comment = query.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "// \($0)\n" }.joined()
    return try models.runner("code").generateStateful(
      "```\(language)\n\(comment)", maxTokens: maxTokens
    ).text
  }
}
