import LlamboIO
import LlamboJSON
import LlamboWire

/// A worker that answers requests: a process of its own, so that what goes wrong there goes wrong
/// there alone.
///
/// A node that was spawned ends when nobody holds it any more, and when this program ends, however it
/// does. One that was connected to goes on.
public final class ClusterNode: Sendable {
  /// Its name, by which a balancer knows it.
  public let name: String
  /// Its type, such as "tiny" or "large", by which a strategy may choose.
  public let type: String
  /// The name of its model.
  public let model: String
  /// Where it listens, `host:port`.
  public let address: String
  /// Requests that it answers at once.
  public let slots: Int
  /// Tokens of prompt and answer that a request may have there; 0 where it does not say.
  public let contextSize: Int
  /// Its process; nil for one that was connected to.
  public let processID: Int?

  let peer: Peer
  private let process: TiedProcess?

  private init(
    peer: Peer, process: TiedProcess?, status: JSON, name: String?
  ) {
    self.peer = peer
    self.process = process
    processID = process?.pid
    address = peer.address.description
    let own = status["node"]?.string ?? status["cluster"]?.string ?? ""
    // A worker without a cluster calls itself "worker", as others do.
    self.name = name ?? (own.isEmpty || own == "worker" ? "worker-\(address)" : own)
    type = status["type"]?.string ?? "cluster"
    model = status["model"]?.string ?? ""
    slots = status["slots"]?.integer ?? status["slots"]?["total"]?.integer ?? 1
    contextSize = status["context_size"]?.integer ?? 0
  }

  deinit {
    let (peer, process) = (peer, process)
    Task { @LoopActor in
      peer.close()
      process?.letGo()
    }
  }

  /// Starts a worker of a model and waits until it can answer.
  ///
  /// - Parameters:
  ///   - model: a `.gguf` file, a `model.json`, or a folder that holds a `model.json`.
  ///   - address: where it is to listen, a loopback address; with port 0 the system chooses the port.
  ///   - name: by which a balancer knows it; nil for one made of its address.
  ///   - type: a word for its kind, by which a strategy may choose.
  ///   - contextSize: tokens of prompt and answer that a request may have, from 2.
  ///   - slots: requests that it answers at once, 1 to 256.
  ///   - threads: CPU threads.
  ///   - gpuLayers: layers kept on a GPU, where the build has one; -1 for all.
  ///   - programs: the folder of `llambo-worker`; nil for this program's own folder, or the build of
  ///     the checkout that `LLAMBO_ROOT` names.
  ///   - timeout: how long it may take to load the model.
  /// - Throws: `model_not_found`, `launch_failed` with what the worker wrote, `system_failed` or
  ///   `cancelled`.
  public static func spawn(
    model: String, address: String = "127.0.0.1:0", name: String? = nil, type: String = "custom",
    contextSize: Int = 512, slots: Int = 4, threads: Int = 1, gpuLayers: Int = 0,
    programs: String? = nil, timeout: Duration = .seconds(60)
  ) async throws(LlamboError) -> ClusterNode {
    let program = try Programs.find("llambo-worker", in: programs)
    let arguments = [
      "--model", try Programs.absolute(model), "--listen", address, "--type", type, "--slots",
      "\(slots)", "--context-size", "\(contextSize)", "--threads", "\(threads)",
      "--gpu-layers", "\(gpuLayers)",
    ]
    try LoopThread.start()
    return try await started(program, arguments, name: name, within: timeout)
  }

  @LoopActor
  private static func started(
    _ program: String, _ arguments: [String], name: String?, within limit: Duration
  ) async throws(LlamboError) -> ClusterNode {
    let process = try TiedProcess(program, arguments)
    do throws(LlamboError) {
      var address: Address?
      let isUp = try await LoopActor.wait(within: limit) { () async throws(LlamboError) in
        address = listeningAddress(in: process.logLines)
        if address == nil, !process.isRunning {
          throw await process.failure("the worker did not start")
        }
        return address != nil
      }
      guard isUp, let address else {
        throw await process.failure("the worker does not listen after \(limit)")
      }
      let peer = try await Peer(to: address)
      return ClusterNode(
        peer: peer, process: process, status: try await peer.ask(.status), name: name)
    } catch {
      process.letGo()
      throw error
    }
  }

  /// Of the line "llambo-worker: MODEL on ADDRESS".
  private static func listeningAddress(in lines: [String]) -> Address? {
    for line in lines where line.hasPrefix("llambo-worker: ") {
      let words = line.split(separator: " ")
      if words.count >= 4, words[words.count - 2] == "on", let last = words.last,
        let address = try? Address(String(last)), address.port != 0
      {
        return address
      }
    }
    return nil
  }

  /// Connects to a worker, or an orchestrator, that runs already.
  ///
  /// - Parameters:
  ///   - address: numeric, such as `127.0.0.1:9000`.
  ///   - name: by which a balancer knows it; nil for its own.
  /// - Throws: `unreachable`, `invalid_request` where that is no address, `system_failed`, `cancelled`.
  public static func connect(
    to address: String, name: String? = nil
  ) async throws(LlamboError) -> ClusterNode {
    let wanted: Address
    do throws(SystemError) {
      wanted = try Address(address)
    } catch {
      throw LlamboError(error, .invalidRequest)
    }
    try LoopThread.start()
    let peer = try await Peer(to: wanted)
    return ClusterNode(
      peer: peer, process: nil, status: try await peer.ask(.status), name: name)
  }

  /// Has a request answered there. Cancelling the task ends the answer within a token.
  ///
  /// - Parameter onToken: gets each token as it comes.
  /// - Throws: `cancelled`, `node_lost`, and what the worker answers, such as `prompt_too_long`,
  ///   `queue_full` or `out_of_range`.
  public func submit(
    _ request: InferenceRequest, onToken: @escaping TokenHandler = { _ in }
  ) async throws(LlamboError) -> InferenceResponse {
    var response = try await peer.infer(request, onToken: onToken)
    if response.node == "worker" { response.node = name }
    return response
  }

  /// The tokens of an answer as they come. Leaving the loop, or cancelling its task, ends the answer.
  ///
  /// The stream throws what `submit` throws.
  public func stream(_ request: InferenceRequest) -> AsyncThrowingStream<InferenceToken, any Error>
  {
    tokenStream { (onToken) async throws(LlamboError) in
      _ = try await self.submit(request, onToken: onToken)
    }
  }

  /// Has the worker finish what it answers, and end; a node that was connected to is only left.
  ///
  /// - Parameter grace: after which what still runs is cancelled.
  public func shutdown(grace: Duration = .seconds(5)) async {
    guard let process else { return await peer.close() }
    _ = try? await peer.ask(.shutdown, ["grace_ms": .integer(grace.boundedMilliseconds)])
    await process.waitForEnd(within: grace.boundedMilliseconds + 10_000)
    await peer.close()
  }
}
