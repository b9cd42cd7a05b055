/// Draws tokens by parameters of the caller's own. It is freed with its owner's end, and its draws
/// go on from call to call.
public struct TokenSampler: ~Copyable, Sendable {
  let sampler: Sampler
  let stops: [String]

  /// A sampler of a model's tokens by the sampling parameters among `params`.
  ///
  /// - Throws: `invalid_parameter` or `grammar_failed`.
  public init(_ params: GenerationParams, model: Model) throws(LlamaError) {
    try params.validate()
    sampler = try Sampler(params, model: model)
    stops = params.stop
  }
}
