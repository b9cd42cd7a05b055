import LlamaRunner
import LlamboWire

extension GenerationRequest {
  /// The request as a line has it.
  init(_ request: InferenceRequest) {
    let params = request.params
    switch request.input {
    case .prompt(let text): self.init(.prompt(text))
    case .messages(let turns):
      self.init(.messages(turns.map { Message(role: $0.role, content: $0.content) }))
    }
    maxTokens = params.maxTokens
    temperature = params.temperature
    topP = params.topP
    topK = params.topK
    seed = params.seed
    if params.minP != 0 { minP = params.minP }
    if params.repeatPenalty != 1 { repeatPenalty = params.repeatPenalty }
    if params.frequencyPenalty != 0 { frequencyPenalty = params.frequencyPenalty }
    if params.presencePenalty != 0 { presencePenalty = params.presencePenalty }
    if params.repeatLastN != 64 { repeatLastN = params.repeatLastN }
    stop = params.stop
    grammar = params.grammar.map { .gbnf($0.gbnf) }
    // A line has no infinity; the least bias rules a token out as well as that.
    logitBias = params.logitBias.mapValues { $0 == -.infinity ? -100 : $0 }
    logprobs = params.logprobs
    ignoreEOS = params.ignoreEOS
    fusion = request.fusion.map { FusionRequest($0) }
  }
}
