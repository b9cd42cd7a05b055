import LlamaRunner
import LlamboIO
import LlamboWire

/// What went wrong, wherever it did: in this process, in a worker, or in a cluster.
public struct LlamboError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of an error; compare it with the static members. Every code of the line protocol and of
  /// `LlamaError` can come, also those that have no member here.
  public struct Code: Hashable, Sendable {
    /// The word of the line protocol, in snake case.
    public let name: String

    /// A code by its word.
    public init(_ name: String) { self.name = name }

    /// The task that waited for the answer was cancelled.
    public static let cancelled = Code("cancelled")
    /// A program cannot be found or started, or did not come up; the message has what it wrote.
    public static let launchFailed = Code("launch_failed")
    /// Nothing answers at an address.
    public static let unreachable = Code("unreachable")
    /// The operating system refused something.
    public static let systemFailed = Code("system_failed")
    /// What is asked for makes no sense as it is.
    public static let invalidRequest = Code("invalid_request")
    /// A parameter is out of its range, as the line protocol sees it.
    public static let outOfRange = Code("out_of_range")
    /// A parameter is out of its range, as the engine sees it.
    public static let invalidParameter = Code("invalid_parameter")
    /// The named file or folder does not exist or cannot be read.
    public static let modelNotFound = Code("model_not_found")
    /// The prompt has no token.
    public static let promptEmpty = Code("prompt_empty")
    /// The prompt fills the context or more.
    public static let promptTooLong = Code("prompt_too_long")
    /// Too many wait already; `retryAfter` says when to try again.
    public static let queueFull = Code("queue_full")
    /// There is no node that could answer.
    public static let noNodes = Code("no_nodes")
    /// As many nodes as there may be are there.
    public static let tooManyNodes = Code("too_many_nodes")
    /// No node of that name is registered.
    public static let unknownNode = Code("unknown_node")
    /// The node under the request was lost, and nobody else can go on.
    public static let nodeLost = Code("node_lost")
    /// Nodes crashed at this request: it is not tried again.
    public static let poisonRequest = Code("poison_request")
    /// No whole answer came in time.
    public static let timeout = Code("timeout")
    /// Nothing new is taken, because what was asked is on its way down.
    public static let draining = Code("draining")
  }

  /// The kind of error.
  public let code: Code
  /// What a person can act on.
  public let message: String
  /// How long to wait before the same request may be taken; nil where waiting does not help, or nobody
  /// knows.
  public let retryAfter: Duration?

  /// An error of that kind.
  public init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
  }

  /// The code and the message.
  public var description: String { "\(code.name): \(message)" }
}

extension LlamboError {
  init(_ error: LlamaError) { self.init(Code(error.code.name), error.message) }

  init(_ error: WireError) {
    self.init(
      Code(error.code.name), error.message,
      retryAfter: error.retryAfter.map { .milliseconds($0) })
  }

  init(_ error: SystemError, _ code: Code = .systemFailed) { self.init(code, error.description) }

  static let taskCancelled = LlamboError(.cancelled, "the task was cancelled")
}
