import LlamboCluster
import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboJSON
import LlamboWire

/// The shell around the pure `Cluster`: it turns what happens into events, and performs the
/// directives that come back.
final class Orchestrator {
  /// Milliseconds between looks at deadlines and health.
  private static let tick: Int64 = 50
  /// Milliseconds in which changes of the node list become one write of the state file.
  private static let persistDelay: Int64 = 20
  /// Milliseconds from a write of the state file that failed to the next.
  private static let persistPause: Int64 = 1000
  /// Milliseconds that clients have to take their last lines.
  private static let farewell: Int64 = 2000

  let loop: EventLoop
  let limits = WireLimits()
  let started = EventLoop.clock()
  var cluster: Cluster
  var relays = NumberTable<RequestID, Relay>()
  /// Fused requests, by the clients' numbers, and their members.
  var fusions: [UInt64: FusedRelay] = [:]
  var members: [RequestID: FusionMember] = [:]
  var lastRequest: UInt64 = 0

  let launcher: any WorkerLauncher
  /// What the file said when it was read last.
  var config: ClusterConfig
  private let stateFile: PrivateFile
  /// How many this process may have open.
  private let descriptors: Int
  private var listener: LineListener?
  private var sessions: [ObjectIdentifier: Session] = [:]
  /// Sessions have numbers, by which clients that wait take turns.
  private var lastClient: UInt64 = 0
  private var links = NumberTable<LinkID, Link>()
  private var lastLink: UInt64 = 0
  private var events: [Event] = []
  private var directives: [Directive] = []
  private var isHandling = false
  private var isPersistScheduled = false
  /// The last write of the state file failed.
  private var isUnsaved = false
  private var isEnding = false

  init(
    config: ClusterConfig, cluster: Cluster, launcher: any WorkerLauncher, stateFile: PrivateFile,
    loop: EventLoop, descriptors: Int
  ) {
    self.config = config
    self.cluster = cluster
    self.launcher = launcher
    self.stateFile = stateFile
    self.loop = loop
    self.descriptors = descriptors
    launcher.report = { [unowned self] in post($0) }
  }

  var address: Address? { listener?.address }

  func client(of session: Session) -> ClientID { ClientID(session.number) }

  /// Opens the port, without which no worker could dial in.
  ///
  /// - Parameter earlier: where the workers of an earlier orchestrator dial; it is taken where any
  ///   port would do.
  func listen(on wanted: Address, ratherOn earlier: Address?) throws(SystemError) {
    if let earlier, wanted.port == 0, (try? listen(on: earlier)) != nil { return }
    try listen(on: wanted)
  }

  private func listen(on wanted: Address) throws(SystemError) {
    listener = try LineListener(
      on: wanted, loop: loop, limits: limits, descriptors: descriptors, admitsWorkers: true
    ) { [unowned self] connection in
      let session = Session(connection, limits: limits, server: self)
      sessions[ObjectIdentifier(session)] = session
      lastClient += 1
      session.number = lastClient
    }
  }

  func start() throws(SystemError) {
    // Before anything is launched, so that a file that cannot be written is an error and not a
    // log line; and after it, so that the first workers are adopted however soon this process dies.
    try persist()
    post(.started)
    try persist()
    loop.schedule(every: Self.tick) { [weak self] in
      self?.post(.tick)
      return self != nil
    }
  }

  // MARK: Events and directives

  /// Hands an event to the cluster. One that a directive causes waits for those before it.
  func post(_ event: Event) {
    guard !isHandling else { return events.append(event) }
    isHandling = true
    // Its memory serves again and again.
    var directives: [Directive] = []
    swap(&directives, &self.directives)
    cluster.handle(event, at: EventLoop.clock(), into: &directives)
    perform(&directives)
    while !events.isEmpty {
      let event = events.removeFirst()
      cluster.handle(event, at: EventLoop.clock(), into: &directives)
      perform(&directives)
    }
    swap(&directives, &self.directives)
    isHandling = false
  }

  /// Performs directives that came from a call rather than an event.
  func perform(_ directives: inout [Directive]) {
    for directive in directives { perform(directive) }
    directives.removeAll(keepingCapacity: true)
  }

  private func perform(_ directive: Directive) {
    switch directive {
    case .launch(let node, let type, let epoch):
      launcher.launch(node: node, type: type, epoch: epoch)
    case .kill(let node, let pid): launcher.kill(node: node, pid: pid)
    case .welcome(let link, let welcome):
      links[link]?.connection.write { $0.line(.welcome, welcome.body) }
    case .refuse(let link, let error):
      links[link]?.connection.write { $0.error(error) }
      links[link]?.connection.closeWhenFlushed()
    case .closeLink(let link): links[link]?.connection.close()
    case .ping(let link): links[link]?.send(.ping)
    case .stopNode(let link, let grace, let move):
      var fields = [JSON.Member("grace_ms", .integer(grace))]
      if let move { fields.append(JSON.Member("move_ms", .integer(move))) }
      links[link]?.send(.shutdown, .object(fields))
    case .send(let request, let link):
      guard let relay = relays[request] ?? members[request]?.relay else { return }
      let attempt = cluster.attempt(at: request)
      links[link]?.connection.write {
        relay.write(
          to: &$0, number: request.number, seed: attempt.seed, produced: attempt.journal)
      }
    case .cancel(let request, let link): links[link]?.send(.cancel, id: String(request.number))
    case .fail(let request, let error):
      if memberFailed(request, error) { return }
      answer(request) { $0.send(error, id: $1) }
    case .endCancelled(let request):
      let nothing = Completion(
        text: "", tokenCount: 0, promptTokens: 0, completionTime: 0, firstTokenTime: 0,
        finishReason: .cancelled, node: "")
      answer(request) { $0.send(.done, id: $1, nothing.body) }
    case .note(let text): Program.log("llambo-orchestrator: \(text)")
    case .persist: persistSoon()
    case .stopped: end()
    }
  }

  /// Writes a request's last line, and forgets it.
  func answer(_ request: RequestID, _ write: (Session, String?) -> Void) {
    guard let relay = relays.removeValue(for: request) else { return }
    write(relay.session, relay.id)
    relay.session.finish(relay.id)
  }

  // MARK: Links

  /// Makes a client's connection a worker's link.
  func adopt(_ session: Session, as hello: Hello) {
    sessions[ObjectIdentifier(session)] = nil
    session.connection.becomeLink()
    lastLink += 1
    let link = Link(LinkID(lastLink), over: session.connection, of: self)
    links[link.id] = link
    post(.hello(link.id, hello))
  }

  func linkClosed(_ id: LinkID) {
    links[id] = nil
    post(.linkClosed(id))
  }

  /// A line from a worker: the hot path of every token.
  func received(_ line: Span<UInt8>, on link: Link) {
    guard let frame = try? Frame(parsing: line), let kind = Kind(rawValue: frame.word) else {
      return
    }
    guard let number = frame.number else {
      if kind == .pong { post(.heard(link.id)) }
      return
    }
    let request = RequestID(number)
    switch kind {
    case .token:
      guard let head = TokenHead(body: line.extracting(frame.body)),
        cluster.acceptToken(
          of: request, from: link.id, index: head.index, token: head.token,
          at: EventLoop.clock())
      else { return }
      guard let place = relays.place(of: request) else {
        return memberSent(request, token: line.extracting(frame.body))
      }
      let id = relays[at: place].id
      relays[at: place].session.connection.write {
        $0.relay(frame.word, id: id, body: line.extracting(frame.body))
      }
    case .done, .tokens:
      if kind == .done, Completion.saysCancelled(line.extracting(frame.body)),
        !cluster.mayEndAsCancelled(request)
      {
        let error = WireError(.draining, "the worker gave this answer up")
        return post(.failed(request, link.id, error))
      }
      if cluster.acceptsEnd(of: request, from: link.id) {
        if let relay = relays.removeValue(for: request) {
          relay.session.connection.write {
            $0.relay(frame.word, id: relay.id, body: line.extracting(frame.body))
          }
          relay.session.finish(relay.id)
        } else if members[request] != nil {
          memberFinished(request, try? frame.object(of: line))
        }
      }
      post(.finished(request, link.id))
    case .error:
      let body = (try? frame.object(of: line)) ?? .object([])
      post(.failed(request, link.id, WireError(body: body)))
    case .pong, .status, .nodes, .metrics, .balancer, .welcome, .ok: break
    }
  }

  // MARK: The state file

  private func persistSoon(after delay: Int64 = persistDelay) {
    guard !isPersistScheduled else { return }
    isPersistScheduled = true
    loop.schedule(after: delay) { [weak self] in
      guard let self, !isEnding else { return }
      isPersistScheduled = false
      do throws(SystemError) {
        try persist()
        if isUnsaved { Program.log("llambo-orchestrator: the state is saved again") }
        isUnsaved = false
      } catch {
        // The cluster serves on, and this goes on until the file tells the truth again.
        if !isUnsaved { Program.log("llambo-orchestrator: the state is not saved: \(error)") }
        isUnsaved = true
        persistSoon(after: Self.persistPause)
      }
    }
  }

  private func persist() throws(SystemError) {
    let nodes = cluster.nodes.map {
      ClusterState.Node(id: $0.id, type: $0.type, epoch: $0.epoch, pid: $0.pid)
    }
    let state = ClusterState(
      cluster: cluster.settings.id, pid: Program.processID,
      listen: address?.description ?? "", nodes: nodes)
    try stateFile.replace(with: Array((state.body.description + "\n").utf8))
  }

  // MARK: The end

  private func end() {
    guard !isEnding else { return }
    isEnding = true
    listener?.stop()
    stateFile.remove()
    for session in sessions.values { session.connection.closeWhenFlushed() }
    if sessions.isEmpty { loop.stop() }
    loop.schedule(after: Self.farewell) { [loop] in loop.stop() }
  }
}

extension Orchestrator: SessionServer {
  func ended(_ session: Session, requests: [UInt64]) {
    sessions[ObjectIdentifier(session)] = nil
    for request in requests { cancel(request) }
    if isEnding, sessions.isEmpty { loop.stop() }
  }
}
