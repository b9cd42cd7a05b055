/// How full a conversation's context is.
public struct ContextInfo: Sendable, Equatable {
  /// Tokens of the conversation.
  public var usedTokens: Int
  /// Tokens that the context holds.
  public var totalCapacity: Int

  /// Used tokens in percent of the capacity, 0 to 100.
  public var usagePercent: Double { 100 * Double(usedTokens) / Double(totalCapacity) }
}

/// How a conversation is kept.
public struct StatefulOptions: Sendable, Equatable {
  /// What a call's text is to the model.
  public enum Format: Sendable, Equatable {
    /// `chat` where the model has a chat template, else `plain`.
    case automatic
    /// A user's turn, as the model's chat template puts it.
    case chat
    /// More of one running text.
    case plain
  }

  /// What a call's text is to the model.
  public var format: Format
  /// What stands before everything and is never forgotten: the system message of a chat, the
  /// beginning of a plain text.
  public var system: String?
  /// Tokens that the context holds, from 2 to the model's own number; nil for that number, or for
  /// `defaultContextSize` where it is larger.
  public var contextSize: Int?

  /// Most tokens of a context where nobody says how many: models of long contexts would otherwise
  /// take gigabytes.
  public static let defaultContextSize = 8192

  /// The model's own format, without a system message, unless said otherwise.
  public init(
    format: Format = .automatic, system: String? = nil, contextSize: Int? = nil
  ) {
    self.format = format
    self.system = system
    self.contextSize = contextSize
  }
}

/// How `gcContext` lets the model forget.
public enum ForgettingMethod: Sendable, Equatable {
  /// The kept tokens are computed anew, as if nothing else had ever been said. It takes a prompt's
  /// time, and what the model knows afterwards is exactly the tokens that it holds: the same
  /// tokens in a new context give the same answer.
  case reevaluate
  /// The dropped tokens' cells are removed and the kept ones moved up (llama.cpp's context
  /// shift). It takes next to no time, but the kept cells were computed with the dropped ones in
  /// view and still bear their trace, so a new context of the same tokens answers differently.
  /// A memory that cannot shift reevaluates.
  case shift
}
