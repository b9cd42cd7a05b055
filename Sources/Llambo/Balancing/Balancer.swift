import LlamboCluster
import LlamboIO
import LlamboJSON
import LlamboWire

/// The shell of a `Cluster` whose nodes are guests: it performs its directives on their connections.
@LoopActor
final class Balancer {
  /// Milliseconds between looks at deadlines and health.
  private static let tick: Int64 = 50
  /// Milliseconds after which a node that stalled is offered again; the core keeps it waiting longer.
  private static let rejoin: Int64 = 1000

  /// A node on its link.
  private struct Member {
    let node: ClusterNode
    var isLeaving = false
    /// What it was sent: the numbers on its connection.
    var sent: [RequestID: UInt64] = [:]
  }

  /// Who waits for an answer.
  private struct Call {
    let request: GenerationRequest
    let onToken: TokenHandler
    let onEnd: (Result<InferenceResponse, LlamboError>) -> Void
  }

  private var cluster: Cluster
  private let traits: NodeTraits
  private var members: [LinkID: Member] = [:]
  /// Nodes that stalled and will be offered again.
  private var resting: Set<String> = []
  private var calls: [RequestID: Call] = [:]
  private var events: [Event] = []
  private var isHandling = false
  private var isTicking = false
  private var lastLink: UInt64 = 0
  private var lastRequest: UInt64 = 0

  nonisolated init(_ settings: ClusterSettings, _ chooser: (any NodeChoosing)?) {
    let traits = NodeTraits()
    self.traits = traits
    cluster = Cluster(
      settings: settings, epoch: 0, seed: UInt64.random(in: .min ... .max),
      strategy: chooser.map { OwnStrategy($0, traits) })
  }

  // MARK: Nodes

  func register(_ node: ClusterNode) throws(LlamboError) {
    guard link(of: node.name) == nil, !resting.contains(node.name) else {
      throw LlamboError(.invalidRequest, "a node \(node.name) is registered already")
    }
    guard node.peer.isOpen else {
      throw LlamboError(.nodeLost, "\(node.name) on \(node.address) is gone")
    }
    traits[node.name] = OwnStrategy.Traits(type: node.type, contextSize: node.contextSize)
    node.peer.onLost.append { [weak self] in self?.lost(node.name) }
    join(node)
    tickOn()
  }

  private func join(_ node: ClusterNode) {
    lastLink += 1
    members[LinkID(lastLink)] = Member(node: node)
    post(
      .hello(
        LinkID(lastLink),
        Hello(
          node: node.name, epoch: 0, type: node.type, model: node.model, slots: node.slots,
          contextSize: node.contextSize, listen: node.address, pid: node.processID ?? 0)))
  }

  func unregister(_ name: String) throws(LlamboError) {
    if resting.remove(name) != nil { return traits.remove(name) }
    guard let link = link(of: name), members[link]?.isLeaving == false else {
      throw LlamboError(.unknownNode, "no node \(name) is registered")
    }
    members[link]?.isLeaving = true
    post(.drain(node: name, grace: cluster.settings.requestTimeout))
    dismissIdle()
  }

  private func link(of name: String) -> LinkID? {
    members.first { $0.value.node.name == name }?.key
  }

  /// The connection to a node is gone.
  private func lost(_ name: String) {
    traits.remove(name)
    guard let link = link(of: name) else { return }
    members[link] = nil
    post(.linkClosed(link))
  }

  /// Lets those go who are unregistered and have nothing left to answer.
  private func dismissIdle() {
    for (link, member) in members where member.isLeaving && member.sent.isEmpty {
      members[link] = nil
      traits.remove(member.node.name)
      post(.linkClosed(link))
    }
  }

  // MARK: Requests

  func balance(
    _ request: InferenceRequest, _ onToken: @escaping TokenHandler
  ) async throws(LlamboError) -> InferenceResponse {
    let wanted = GenerationRequest(request)
    lastRequest += 1
    let id = RequestID(lastRequest)
    let result: Result<InferenceResponse, LlamboError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        calls[id] = Call(request: wanted, onToken: onToken) { continuation.resume(returning: $0) }
        post(.submitted(id, Submission(prompt: PromptDigest(wanted))))
        tickOn()
        if Task.isCancelled { post(.cancelled(id)) }
      }
    } onCancel: {
      Task { @LoopActor in self.post(.cancelled(id)) }
    }
    return try result.get()
  }

  private func end(_ id: RequestID, _ result: Result<InferenceResponse, LlamboError>) {
    calls.removeValue(forKey: id)?.onEnd(result)
  }

  // MARK: Events and directives

  private func post(_ event: Event) {
    events.append(event)
    guard !isHandling else { return }
    isHandling = true
    var directives: [Directive] = []
    while !events.isEmpty {
      let event = events.removeFirst()
      cluster.handle(event, at: EventLoop.clock(), into: &directives)
      for directive in directives { perform(directive) }
      directives.removeAll(keepingCapacity: true)
    }
    isHandling = false
  }

  private func perform(_ directive: Directive) {
    switch directive {
    case .send(let request, let link): send(request, on: link)
    case .cancel(let request, let link):
      guard let member = members[link], let number = member.sent[request] else { return }
      member.node.peer.cancel(number)
    case .fail(let request, let error): end(request, .failure(LlamboError(error)))
    case .endCancelled(let request): end(request, .failure(.taskCancelled))
    case .ping(let link):
      members[link]?.node.peer.send(
        .ping, nil,
        Peer.Receiver { [weak self] ending in
          if case .answer = ending { self?.post(.heard(link)) }
        })
    case .closeLink(let link), .refuse(let link, _): forsake(link)
    case .stopNode, .welcome, .launch, .kill, .note, .persist, .stopped: break
    }
  }

  private func send(_ id: RequestID, on link: LinkID) {
    guard let call = calls[id], let member = members[link] else { return }
    var request = call.request
    request.seed = request.seed ?? cluster.seed(of: id)
    request.produced = cluster.journal(of: id)
    var receiver = Peer.Receiver { [weak self] in self?.ended(id, on: link, $0) }
    receiver.onToken = { [weak self] token in
      guard let self,
        cluster.acceptToken(
          of: id, from: link, index: token.index, token: token.id, at: EventLoop.clock())
      else { return }
      calls[id]?.onToken(token)
    }
    let number = member.node.peer.send(request.verb, request.body, receiver)
    members[link]?.sent[id] = number
  }

  private func ended(_ id: RequestID, on link: LinkID, _ ending: Peer.Ending) {
    members[link]?.sent[id] = nil
    switch ending {
    case .lost: return  // The connection's end says it for all of them.
    case .refused(let error): post(.failed(id, link, error))
    case .answer(_, let body):
      let result = Result { () throws(LlamboError) in try InferenceResponse(done: body) }
      if case .failure(.taskCancelled) = result, !cluster.mayEndAsCancelled(id) {
        post(.failed(id, link, WireError(.draining, "the worker gave this answer up")))
      } else {
        if cluster.isServed(id, by: link) { end(id, result.map { named($0, link) }) }
        post(.finished(id, link))
      }
    }
    dismissIdle()
  }

  /// A worker on its own does not know its name here.
  private func named(_ response: InferenceResponse, _ link: LinkID) -> InferenceResponse {
    guard response.node == "worker", let name = members[link]?.node.name else { return response }
    var response = response
    response.node = name
    return response
  }

  /// The core gave a node up, for it stalled; it may be of use again.
  private func forsake(_ link: LinkID) {
    guard let member = members.removeValue(forKey: link), member.node.peer.isOpen else { return }
    for number in member.sent.values { member.node.peer.cancel(number) }
    guard !member.isLeaving else { return traits.remove(member.node.name) }
    resting.insert(member.node.name)
    LoopActor.loop.schedule(after: Self.rejoin) { [weak self] in
      guard let self, resting.remove(member.node.name) != nil, member.node.peer.isOpen else {
        return
      }
      join(member.node)
    }
  }

  /// Looks at deadlines and health for as long as there is something to look at.
  private func tickOn() {
    guard !isTicking else { return }
    isTicking = true
    LoopActor.loop.schedule(every: Self.tick) { [weak self] in
      guard let self else { return false }
      post(.tick)
      isTicking = !members.isEmpty || !calls.isEmpty
      return isTicking
    }
  }

  // MARK: What it tells of itself

  var stats: LoadBalancerStats {
    let counters = cluster.counters
    return LoadBalancerStats(
      strategy: cluster.strategyName?.rawValue ?? "custom",
      nodes: cluster.nodes.sorted { $0.id < $1.id }.map { node in
        LoadBalancerStats.Node(
          name: node.id, type: node.type, isHealthy: node.state == .healthy,
          running: node.running.count, slots: node.hello?.slots ?? 0,
          requests: Int(clamping: node.requestsServed), tokens: Int(clamping: node.tokensServed))
      },
      waiting: cluster.queued, accepted: Int(clamping: counters.accepted),
      finished: Int(clamping: counters.finished), failed: Int(clamping: counters.failed),
      cancelled: Int(clamping: counters.cancelled), retried: Int(clamping: counters.retried))
  }
}
