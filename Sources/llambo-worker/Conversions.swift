import LlamaRunner
import LlamboWire

extension WireError {
  /// The library's codes are the wire's.
  init(_ error: LlamaError) { self.init(Code(error.code.name), error.message) }
}

extension GenerationParams {
  /// What the request leaves open takes the library's defaults.
  init(_ request: GenerationRequest) {
    self.init()
    if let value = request.maxTokens { maxTokens = value }
    if let value = request.temperature { temperature = value }
    if let value = request.topP { topP = value }
    if let value = request.topK { topK = value }
    seed = request.seed
  }
}

extension Completion {
  init(_ summary: GenerationSummary, text: String, node: String) {
    let reason: FinishReason =
      switch summary.reason {
      case .stop: .stop
      case .length: .length
      case .cancelled: .cancelled
      }
    self.init(
      text: text, tokenCount: summary.tokenCount, promptTokens: summary.promptTokens,
      completionTime: summary.totalMilliseconds,
      firstTokenTime: summary.firstTokenMilliseconds ?? summary.totalMilliseconds,
      finishReason: reason, node: node)
  }
}
