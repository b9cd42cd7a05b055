import LlamboIO
import LlamboJSON
import LlamboWire

/// A cluster of workers behind an orchestrator, which starts them, watches them, replaces them when they
/// die, and spreads requests over them.
///
/// The orchestrator is a process of its own, started by the first `spawnCluster`, with a configuration
/// in a temporary folder that only this user may read. It ends, with its workers, when nobody holds
/// this value any more, and when this program ends, however it does.
public final class Orchestrator: Sendable {
  /// Nodes that the cluster may have.
  public let maxNodes: Int
  /// How a node is chosen.
  public let strategy: BalancingStrategy
  private let timeout: Duration
  private let programs: String?
  private let running = RunningCluster()

  /// An orchestrator without a cluster yet: nothing is started.
  ///
  /// - Parameters:
  ///   - maxNodes: nodes that the cluster may have, from 1.
  ///   - strategy: how a node is chosen.
  ///   - timeout: from a request's arrival to its last token, up to a day.
  ///   - programs: the folder of `llambo-orchestrator` and `llambo-worker`; nil for this program's own
  ///     folder, or the build of the checkout that `LLAMBO_ROOT` names.
  public init(
    maxNodes: Int = 10_000, strategy: BalancingStrategy = .leastLoaded,
    timeout: Duration = .seconds(30), programs: String? = nil
  ) {
    self.maxNodes = maxNodes
    self.strategy = strategy
    self.timeout = timeout
    self.programs = programs
  }

  deinit {
    guard LoopThread.isStarted else { return }
    let running = running
    Task { @LoopActor in running.letGo() }
  }

  /// Starts nodes and waits until they are healthy. Called again, it adds more of the same.
  ///
  /// - Parameters:
  ///   - count: nodes to start, from 1.
  ///   - modelPath: a `.gguf` file, a `model.json`, or a folder that holds a `model.json`.
  ///   - contextSize: tokens of prompt and answer that a request may have, from 64.
  ///   - slots: requests that a node answers at once, 1 to 256.
  ///   - threads: CPU threads of a node.
  ///   - timeout: how long they may take.
  /// - Returns: the healthy nodes of the whole cluster.
  /// - Throws: `model_not_found`, `too_many_nodes`, `launch_failed` with what was written,
  ///   `invalid_request` where the cluster runs with another model or other sizes, `system_failed` or
  ///   `cancelled`. Nothing is left of a cluster that did not come up.
  @discardableResult
  public func spawnCluster(
    count: Int, modelPath: String, contextSize: Int = 512, slots: Int = 4, threads: Int = 1,
    timeout: Duration = .seconds(120)
  ) async throws(LlamboError) -> Int {
    guard count >= 1 else {
      throw LlamboError(.outOfRange, "a cluster must have 1 node or more, not \(count)")
    }
    guard count <= maxNodes else {
      throw LlamboError(
        .tooManyNodes, "\(count) nodes are more than maxNodes, which is \(maxNodes)")
    }
    let plan = ClusterPlan(
      maxNodes: maxNodes, strategy: strategy, count: count,
      model: try Programs.absolute(modelPath), contextSize: contextSize, slots: slots,
      threads: threads, timeout: min(max(1, Int(self.timeout.boundedMilliseconds)), 86_400_000),
      lease: 5000)
    let orchestrator = try Programs.find("llambo-orchestrator", in: programs)
    let worker = try Programs.find("llambo-worker", in: programs)
    try LoopThread.start()
    return try await running.spawn(plan, orchestrator, worker, within: timeout)
  }

  /// Goes on from a text on the node that the strategy chooses.
  ///
  /// - Throws: what `process(_:onToken:)` throws.
  public func process(
    _ prompt: String, maxTokens: Int = 128
  ) async throws(LlamboError) -> InferenceResponse {
    try await process(InferenceRequest(prompt: prompt, maxTokens: maxTokens))
  }

  /// Has a request answered. Cancelling the task ends the answer within a token.
  ///
  /// - Parameter onToken: gets each token as it comes, once, also where the answer's node is lost and
  ///   another goes on.
  /// - Throws: `no_nodes` where no cluster was spawned, `cancelled`, and what the orchestrator answers,
  ///   such as `queue_full`, `timeout`, `node_lost` or `prompt_too_long`.
  public func process(
    _ request: InferenceRequest, onToken: @escaping TokenHandler = { _ in }
  ) async throws(LlamboError) -> InferenceResponse {
    try LoopThread.start()
    return try await running.infer(request, onToken: onToken)
  }

  /// The tokens of an answer as they come. Leaving the loop, or cancelling its task, ends the answer.
  ///
  /// The stream throws what `process(_:onToken:)` throws.
  public func stream(_ request: InferenceRequest) -> AsyncThrowingStream<InferenceToken, any Error>
  {
    tokenStream { (onToken) async throws(LlamboError) in
      _ = try await self.process(request, onToken: onToken)
    }
  }

  /// How the cluster stands.
  ///
  /// - Throws: `no_nodes` where none was spawned, `node_lost` where the orchestrator is gone.
  public func status() async throws(LlamboError) -> ClusterStatus {
    try LoopThread.start()
    return ClusterStatus(try await running.peer().ask(.status))
  }

  /// Stops every worker and the orchestrator, and waits for their end. Another cluster can be spawned
  /// afterwards. Without a cluster it does nothing.
  ///
  /// - Parameter grace: how long what still runs may take; then it is cancelled.
  public func shutdownCluster(grace: Duration = .seconds(5)) async {
    guard (try? LoopThread.start()) != nil else { return }
    await running.shutDown(grace: grace)
  }
}
