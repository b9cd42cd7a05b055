import LlamboCluster
import LlamboIO

/// Spreads requests over nodes, in this process and by the rules of an orchestrator: a request waits
/// where all slots are taken, and goes on elsewhere where its node is lost.
///
/// It holds the nodes that are registered; their processes end with it where nobody else holds them.
public final class LoadBalancer: Sendable {
  private let balancer: Balancer

  /// A balancer without nodes.
  ///
  /// - Parameters:
  ///   - types: the types that nodes will have, with the tokens that a request may have there: what
  ///     `.cognitiveAffinity` chooses by.
  ///   - timeout: from a request's arrival to its last token.
  ///   - queueLimit: requests that wait for a slot.
  /// - Throws: `system_failed`.
  public convenience init(
    strategy: BalancingStrategy = .leastLoaded, types: [String: Int] = [:],
    timeout: Duration = .seconds(30), queueLimit: Int = 1024
  ) throws(LlamboError) {
    var settings = Self.settings(timeout, queueLimit)
    settings.strategy = strategy.own
    settings.types = types.sorted { $0.key < $1.key }.map {
      .init(name: $0.key, count: 0, contextSize: $0.value)
    }
    try self.init(settings, nil)
  }

  /// A balancer with a strategy of one's own.
  ///
  /// - Parameters:
  ///   - timeout: from a request's arrival to its last token.
  ///   - queueLimit: requests that wait for a slot.
  /// - Throws: `system_failed`.
  public convenience init(
    strategy: some NodeChoosing, timeout: Duration = .seconds(30), queueLimit: Int = 1024
  ) throws(LlamboError) {
    try self.init(Self.settings(timeout, queueLimit), strategy)
  }

  private init(_ settings: ClusterSettings, _ chooser: (any NodeChoosing)?) throws(LlamboError) {
    try LoopThread.start()
    balancer = Balancer(settings, chooser)
  }

  private static func settings(_ timeout: Duration, _ queueLimit: Int) -> ClusterSettings {
    var settings = ClusterSettings()
    settings.requestTimeout = max(1, timeout.boundedMilliseconds)
    settings.queueLimit = max(0, queueLimit)
    return settings
  }

  /// Gives a node work from now on.
  ///
  /// - Throws: `invalid_request` where a node of that name is registered already, `node_lost` where its
  ///   process is gone.
  public func register(_ node: ClusterNode) async throws(LlamboError) {
    try await balancer.register(node)
  }

  /// Gives a node nothing more. What it answers now, it may finish.
  ///
  /// - Parameter name: the node's `name`.
  /// - Throws: `unknown_node`.
  public func unregister(_ name: String) async throws(LlamboError) {
    try await balancer.unregister(name)
  }

  /// Has a request answered by one of the nodes. Cancelling the task ends the answer within a token.
  ///
  /// - Parameter onToken: gets each token as it comes, once, whichever nodes it takes.
  /// - Throws: `no_nodes`, `queue_full`, `timeout`, `node_lost`, `poison_request`, `cancelled`, and what
  ///   the worker answers, such as `prompt_too_long`.
  public func balance(
    _ request: InferenceRequest, onToken: @escaping TokenHandler = { _ in }
  ) async throws(LlamboError) -> InferenceResponse {
    try await balancer.balance(request, onToken)
  }

  /// The tokens of an answer as they come. Leaving the loop, or cancelling its task, ends the answer.
  ///
  /// The stream throws what `balance` throws.
  public func stream(_ request: InferenceRequest) -> AsyncThrowingStream<InferenceToken, any Error>
  {
    tokenStream { (onToken) async throws(LlamboError) in
      _ = try await self.balance(request, onToken: onToken)
    }
  }

  /// Who is registered, and what was done so far.
  public var stats: LoadBalancerStats {
    get async { await balancer.stats }
  }
}

/// What a balancer did so far.
public struct LoadBalancerStats: Sendable, Equatable, CustomStringConvertible {
  /// One registered node.
  public struct Node: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its type.
    public var type: String
    /// Whether it gets work; one that stalled, or is being unregistered, does not.
    public var isHealthy: Bool
    /// Requests that it answers now.
    public var running: Int
    /// Requests that it answers at once.
    public var slots: Int
    /// Requests that it has answered.
    public var requests: Int
    /// Tokens that it has brought.
    public var tokens: Int
  }

  /// The strategy's word in the configuration; "custom" for one's own.
  public var strategy: String
  /// The registered nodes, by name.
  public var nodes: [Node]
  /// Requests that wait for a slot.
  public var waiting: Int
  /// Requests taken in so far.
  public var accepted: Int
  /// Requests answered.
  public var finished: Int
  /// Requests that ended in an error.
  public var failed: Int
  /// Requests cancelled.
  public var cancelled: Int
  /// Requests that went on elsewhere after a node was lost.
  public var retried: Int

  /// A line for the whole and one for each node.
  public var description: String {
    let whole =
      "\(strategy): \(counted(nodes.count, "node")), \(counted(accepted, "request")) accepted, "
      + "\(finished) finished, "
      + "\(failed) failed, \(cancelled) cancelled, \(retried) retried, \(waiting) waiting"
    return nodes.reduce(whole) { text, node in
      text + "\n\(node.name) (\(node.type)): \(node.running) of \(node.slots) slots, "
        + "\(counted(node.requests, "request")), \(counted(node.tokens, "token"))"
        + (node.isHealthy ? "" : ", gets no work")
    }
  }
}

private func counted(_ number: some BinaryInteger, _ what: String) -> String {
  "\(number) \(what)\(number == 1 ? "" : "s")"
}
