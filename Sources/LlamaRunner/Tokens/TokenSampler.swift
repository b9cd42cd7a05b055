/// Draws tokens by parameters of the caller's own. It is freed with its owner's end, and its draws
/// go on from call to call.
public struct TokenSampler: ~Copyable, @unchecked Sendable {
  let sampler: Sampler

  /// A sampler by the sampling parameters among `params`.
  ///
  /// - Throws: `invalid_parameter`.
  public init(_ params: GenerationParams) throws(LlamaError) {
    try params.validate()
    sampler = try Sampler(params)
  }
}
