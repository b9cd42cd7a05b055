import LlamboWire

/// One request to several nodes of a cluster at once, of whose answers one is made.
///
/// A token is shown as soon as it is certain. Members that are needed no more are cancelled, and one
/// that fails does not fail the whole.
public struct Fusion: Sendable, Equatable {
  /// How one answer comes of several. Texts are the same when they are equal but for white space at
  /// both ends.
  public enum Mode: Sendable, Equatable {
    /// The first whole answer.
    case fastest
    /// The text that most members gave; among equals the one given with the highest mean
    /// log-probability.
    case majority
    /// The first text that so many members gave; `no_quorum` where there can be none.
    case quorum(Int)
    /// The answer with the highest mean log-probability.
    case confidence
    /// The text with the greatest sum, over the members that gave it, of `exp` of the answer's mean
    /// log-probability.
    case weightedAverage
  }

  /// How the answers become one.
  public var mode: Mode
  /// Members: requests that run on different nodes, where there are enough; 2 to 16.
  public var nodes: Int

  /// What `mode` makes of so many nodes' answers.
  public init(_ mode: Mode, nodes: Int = 3) {
    self.mode = mode
    self.nodes = nodes
  }
}

/// What became of the members of a fused request.
public struct FusionOutcome: Sendable, Equatable {
  /// Members that gave the same text.
  public struct Answer: Sendable, Equatable {
    /// How many gave it.
    public var votes: Int
    /// The sum of `exp` of their answers' mean log-probabilities; nil where the mode needs none.
    public var weight: Double?
    /// The nodes that gave it; one that gave it twice is there twice.
    public var nodes: [String]
  }

  /// Members whose answer was whole.
  public var answered: Int
  /// Members that ended with an error.
  public var failed: Int
  /// Members that were not needed any more before they had answered.
  public var cancelled: Int
  /// The winner's first, then in the mode's order.
  public var answers: [Answer]
}

extension FusionRequest {
  init(_ fusion: Fusion) {
    switch fusion.mode {
    case .fastest: self.init(.fastest, nodes: fusion.nodes)
    case .majority: self.init(.majority, nodes: fusion.nodes)
    case .quorum(let count): self.init(.quorum, nodes: fusion.nodes, quorum: count)
    case .confidence: self.init(.confidence, nodes: fusion.nodes)
    case .weightedAverage: self.init(.weightedAverage, nodes: fusion.nodes)
    }
  }
}

extension FusionOutcome {
  init(_ report: FusionReport) {
    self.init(
      answered: report.answered, failed: report.failed, cancelled: report.cancelled,
      answers: report.answers.map { Answer(votes: $0.votes, weight: $0.weight, nodes: $0.nodes) })
  }
}
