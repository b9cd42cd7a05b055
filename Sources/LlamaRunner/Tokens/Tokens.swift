/// The pieces that generation is made of, for those who put them together themselves.
public enum Tokens {
  /// The tokens of a text.
  ///
  /// - Parameter addSpecial: put the BOS and EOS tokens around them that the model is configured
  ///   to have.
  /// - Throws: `invalid_parameter` where the text has 2 GiB or more.
  public static func tokenize(
    _ text: String, model: Model, addSpecial: Bool
  ) throws(LlamaError) -> [Token] {
    try model.tokenize(text, addSpecial: addSpecial)
  }

  /// A batch of tokens that begins at `startPosition`.
  public static func buildBatch(_ tokens: [Token], startPosition: Int) -> TokenBatch {
    TokenBatch(tokens: tokens, startPosition: startPosition)
  }

  /// A sampler of a model's tokens: the `topK` likeliest, of them the fewest whose probabilities reach `topP`,
  /// and a draw at `temperature`.
  ///
  /// - Throws: `invalid_parameter` where one is out of the range that `GenerationParams` gives.
  public static func createSampler(
    temperature: Double, topP: Double, topK: Int, seed: UInt32? = nil, model: Model
  ) throws(LlamaError) -> TokenSampler {
    try TokenSampler(
      GenerationParams(temperature: temperature, topP: topP, topK: topK, seed: seed), model: model)
  }
}
