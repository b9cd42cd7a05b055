/// The roles of the MARK system.
public enum AgentType: String, Sendable, CaseIterable {
  /// Routes cargo.
  case bigBear = "big-bear"
  /// Coordinates shipments.
  case cargoConnect = "cargo-connect"
  /// Tells the trade's wisdom.
  case truckerTales = "trucker-tales"
  /// Knows the regulations.
  case legalLogger = "legal-logger"
  /// Remembers the context.
  case memoryMark = "memory-mark"

  /// The role's prompt for an input.
  public func prompt(for input: String) -> String {
    switch self {
    case .bigBear: AgentPrompts.bigBear(input)
    case .cargoConnect: AgentPrompts.cargoConnect(input)
    case .truckerTales: AgentPrompts.truckerTales(input)
    case .legalLogger: AgentPrompts.legalLogger(input)
    case .memoryMark: AgentPrompts.memoryMark(input)
    }
  }
}

/// An agent of the MARK system: a role, and a conversation that it remembers.
public struct MarkAgent: Sendable {
  /// What the agent does.
  public let agentType: AgentType
  private let agent: StatefulAgent

  /// Loads the model and begins a conversation.
  ///
  /// - Parameter params: how to answer; 300 tokens at most unless said otherwise.
  /// - Throws: what loading and `initStateful` throw.
  public init(
    modelPath: String, agentType: AgentType,
    params: GenerationParams = GenerationParams(maxTokens: 300)
  ) throws(LlamaError) {
    try self.init(
      runner: LlamaRunner(modelPath: modelPath), agentType: agentType, params: params)
  }

  /// Begins a conversation with a model that is loaded. Each agent needs a runner of its own;
  /// runners may share a model.
  ///
  /// - Throws: what `initStateful` throws.
  public init(
    runner: LlamaRunner, agentType: AgentType,
    params: GenerationParams = GenerationParams(maxTokens: 300)
  ) throws(LlamaError) {
    self.agentType = agentType
    agent = try StatefulAgent(runner: runner, params: params)
  }

  /// Does the role's task with an input.
  ///
  /// - Throws: what `StatefulAgent.process` throws.
  public func processTask(_ input: String) throws(LlamaError) -> String {
    try agent.process(agentType.prompt(for: input))
  }

  /// Forgets the conversation.
  ///
  /// - Throws: `not_initialized`.
  public func reset() throws(LlamaError) { try agent.reset() }
}
