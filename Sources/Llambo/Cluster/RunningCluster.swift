import LlamboIO
import LlamboJSON
import LlamboWire

/// The orchestrator's process, the connection to it, and its folder.
@LoopActor
final class RunningCluster {
  /// Nodes lost, with none healthy, after which no more are waited for.
  private static let hopeless = 5

  private struct Running {
    let plan: ClusterPlan
    let process: TiedProcess
    let folder: PrivateFolder
    let peer: Peer
    /// Further connections, for one has so many requests unanswered at most.
    var others: [Peer] = []

    @LoopActor func close() {
      peer.close()
      for other in others { other.close() }
    }
  }

  private var running: Running?
  private var isStarting = false
  private var isConnecting = false
  private var waitingForConnection: [CheckedContinuation<Void, Never>] = []

  nonisolated init() {}

  func peer() throws(LlamboError) -> Peer {
    guard let running else {
      throw LlamboError(.noNodes, "there is no cluster yet: call spawnCluster first")
    }
    return running.peer
  }

  /// Has a request answered, on a connection that has room for it.
  func infer(
    _ request: InferenceRequest, onToken: @escaping TokenHandler
  ) async throws(LlamboError) -> InferenceResponse {
    let first = try peer()
    let most = WireLimits().requestsPerConnection
    while let running, running.peer === first, first.isOpen {
      let peers = [first] + running.others
      if let free = peers.first(where: { $0.isOpen && $0.unanswered < most }) {
        // Nothing comes in between, for both are the loop's.
        return try await free.infer(request, onToken: onToken)
      }
      try await connectAgain(first.address)
    }
    throw LlamboError(.nodeLost, "the orchestrator on \(first.address) is gone")
  }

  /// Makes a further connection, one at a time however many requests want it.
  private func connectAgain(_ address: Address) async throws(LlamboError) {
    guard !isConnecting else {
      return await withCheckedContinuation { waitingForConnection.append($0) }
    }
    isConnecting = true
    defer {
      isConnecting = false
      for continuation in waitingForConnection { continuation.resume() }
      waitingForConnection = []
    }
    let new = try await Peer(to: address)
    if running?.peer.address == address { running?.others.append(new) } else { new.close() }
  }

  func spawn(
    _ plan: ClusterPlan, _ orchestrator: String, _ worker: String, within limit: Duration
  ) async throws(LlamboError) -> Int {
    guard !isStarting else {
      throw LlamboError(.invalidRequest, "spawnCluster runs already: wait for it")
    }
    isStarting = true
    defer { isStarting = false }
    if let running {
      guard running.plan.matches(plan) else {
        throw LlamboError(
          .invalidRequest,
          "a cluster of \(running.plan.model) with other sizes runs already: shut it down first, or "
            + "use another Orchestrator")
      }
      _ = try await running.peer.ask(
        .spawn,
        ["type": .string(ClusterPlan.nodeType), "count": .integer(Int64(plan.count))])
      return try await untilHealthy(running, within: limit)
    }
    let folder = try own { () throws(SystemError) in try PrivateFolder(temporary: "llambo") }
    var process: TiedProcess?
    do throws(LlamboError) {
      let file = folder.file(ClusterPlan.configFile)
      try own { () throws(SystemError) in try file.replace(with: Array(plan.yaml.utf8)) }
      let started = try TiedProcess(
        orchestrator, ["--config", file.path, "--own-folder", "--worker", worker])
      process = started
      let peer = try await Peer(to: try await address(of: started, in: folder, within: limit))
      let running = Running(plan: plan, process: started, folder: folder, peer: peer)
      self.running = running
      return try await untilHealthy(running, within: limit)
    } catch {
      self.running?.close()
      self.running = nil
      await process?.waitForEnd(within: 10_000)
      remove(folder)
      throw error
    }
  }

  /// Where it listens, as its state file says.
  private func address(
    of process: TiedProcess, in folder: PrivateFolder, within limit: Duration
  ) async throws(LlamboError) -> Address {
    let file = folder.file(ClusterPlan.stateFile)
    var address: Address?
    let isUp = try await LoopActor.wait(within: limit) { () async throws(LlamboError) in
      if let bytes = try? file.read(), let body = try? JSON.parse(bytes.span),
        let state = try? ClusterState(body: body)
      {
        address = try? Address(state.listen)
      }
      if address == nil, !process.isRunning {
        throw await process.failure("the orchestrator did not start")
      }
      return address != nil
    }
    guard isUp, let address else {
      throw await process.failure("the orchestrator does not listen after \(limit)")
    }
    return address
  }

  private func untilHealthy(
    _ running: Running, within limit: Duration
  ) async throws(LlamboError) -> Int {
    var status: ClusterStatus?
    let isHealthy = try await LoopActor.wait(within: limit) { () async throws(LlamboError) in
      guard running.process.isRunning else {
        throw await running.process.failure("the orchestrator ended")
      }
      let now = ClusterStatus(try await running.peer.ask(.status))
      status = now
      if now.healthyNodes == 0, now.lostNodes >= Self.hopeless {
        throw await running.process.failure(
          "the workers do not come up: \(now.lostNodes) were lost")
      }
      return now.healthyNodes == now.nodes
    }
    let healthy = status?.healthyNodes ?? 0
    guard isHealthy else {
      throw await running.process.failure(
        "only \(healthy) of \(status?.nodes ?? 0) nodes are healthy after \(limit)")
    }
    return healthy
  }

  private func own<Value>(
    _ body: () throws(SystemError) -> Value
  ) throws(LlamboError) -> Value {
    do throws(SystemError) {
      return try body()
    } catch {
      throw LlamboError(error)
    }
  }

  // MARK: The end

  func shutDown(grace: Duration) async {
    guard let ending = running else { return }
    running = nil
    _ = try? await ending.peer.ask(.shutdown, ["grace_ms": .integer(grace.boundedMilliseconds)])
    await ending.process.waitForEnd(within: grace.boundedMilliseconds + 20_000)
    ending.close()
    remove(ending.folder)
  }

  /// Removes what an orchestrator may have left there, where it could not do so itself.
  private func remove(_ folder: PrivateFolder) {
    try? PrivateFolder("\(folder.path)/\(ClusterPlan.stateFile).cells").remove()
    folder.remove()
  }

  /// Leaves it to end by itself, which its folder goes with.
  func letGo() {
    running?.close()
    running?.process.letGo(within: 20_000)
    running = nil
  }
}
