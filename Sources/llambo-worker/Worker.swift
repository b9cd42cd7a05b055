import LlamaRunner
import LlamboCommand
import LlamboIO
import LlamboJSON
import LlamboWire
import Synchronization

/// The worker's shell: sockets on one side, the engine on the other. All of it runs on the event
/// loop's thread but for the engine's events, which pass through a mailbox.
final class Worker: SessionServer {
  let options: WorkerOptions
  let model: Model
  let loop: EventLoop
  /// The name in the cluster; a worker on its own has none but its own choice.
  var name: String
  var isDraining = false

  let engine: Engine
  /// Where a drain leaves what was computed, and where that is found.
  private(set) var handover: Handover?
  private(set) var listener: LineListener?
  private(set) var link: WorkerLink?
  private(set) var sessions: [ObjectIdentifier: Session] = [:]
  private(set) var running: [UInt64: Answer] = [:]
  /// Requests for which a state is being read.
  var arriving: [UInt64: EngineRequest] = [:]
  private let limits = WireLimits()
  private let outbox: Outbox
  private var lastNumber: UInt64 = 0
  private let started = EventLoop.clock()
  private var served: UInt64 = 0
  private var generated: UInt64 = 0

  /// Who is answered.
  struct Answer {
    let session: Session
    let id: String?
    let prompt: [Token]
  }

  init(options: WorkerOptions, model: Model, loop: EventLoop) throws {
    self.options = options
    self.model = model
    self.loop = loop
    name = options.node ?? "worker"
    let outbox = Outbox()
    self.outbox = outbox
    engine = try Engine(model: model, configuration: options.engine) { outbox.put($0) }
    outbox.waker = try loop.makeWaker { [weak self] in self?.deliver() }
    handover = try options.handover.map { path throws(SystemError) in
      try Handover(path, loop: loop) { [weak self] in self?.beginArrived() }
    }
  }

  var address: Address { listener?.address ?? options.listen }

  /// Opens the port and dials the orchestrator.
  func start() throws(SystemError) {
    listener = try LineListener(on: options.listen, loop: loop, limits: limits) {
      [unowned self] connection in
      add(Session(connection, limits: limits, server: self))
    }
    if let orchestrator = options.join {
      link = WorkerLink(to: orchestrator, of: self)
      link?.dial()
    }
  }

  func add(_ session: Session) { sessions[ObjectIdentifier(session)] = session }

  /// Ends the engine, after the loop has ended.
  func stop() { engine.stop() }

  // MARK: Requests

  func perform(
    _ verb: Verb, _ frame: Frame, line: Span<UInt8>, for session: Session
  ) throws(WireError) {
    let body = try frame.object(of: line, maximumDepth: limits.jsonDepth)
    switch verb {
    case .infer, .chat:
      let request = try GenerationRequest(verb: verb, body: body, limits: limits)
      try generate(request, id: frame.id, for: session)
    case .tokenize: session.send(.tokens, id: frame.id, try tokenize(body))
    case .ping: session.send(.pong, id: frame.id, load)
    case .status: session.send(.status, id: frame.id, status)
    case .cancel: cancel(try session.number(of: frame.id))
    case .drain:
      let fields = try FieldReader(body)
      try fields.finish()
      session.send(.ok, id: frame.id, ["draining": true])
      drain(within: nil)
    case .shutdown:
      var fields = try FieldReader(body)
      let grace = try fields.integer("grace_ms", in: 0...Int(Int32.max)) ?? 5000
      let move = try fields.integer("move_ms", in: 0...Int(Int32.max))
      try fields.finish()
      session.send(.ok, id: frame.id, ["draining": true])
      drain(within: Int64(grace), movingAfter: move.map(Int64.init))
    case .hello, .spawn, .nodes, .metrics, .stop, .balancer, .scale, .reload:
      throw WireError(.unknownVerb, "\(verb.rawValue) is for an orchestrator; this is a worker")
    }
  }

  private func generate(
    _ request: GenerationRequest, id: String?, for session: Session
  ) throws(WireError) {
    guard request.fusion == nil else {
      throw WireError(
        .invalidRequest, "\"fusion\" is for an orchestrator, which has nodes; this is a worker")
    }
    guard !isDraining else { throw WireError(.draining, "\(name) is draining") }
    let number = lastNumber + 1
    try session.begin(id, as: number)
    do throws(LlamaError) {
      let prompt: [Token]
      switch request.input {
      case .prompt(let text): prompt = try model.tokenize(text)
      case .messages(let turns): prompt = try tokenize(turns)
      }
      let request = EngineRequest(
        id: number, prompt: prompt, params: try GenerationParams(request),
        produced: request.produced)
      if let handover, handover.mayHave(prompt) {
        arriving[number] = request
        handover.load(prompt, for: number)
      } else {
        try engine.submit(request)
      }
      running[number] = Answer(session: session, id: id, prompt: prompt)
    } catch {
      session.finish(id)
      throw WireError(error)
    }
    lastNumber = number
  }

  private func tokenize(_ turns: [GenerationRequest.Message]) throws(LlamaError) -> [Token] {
    let messages = turns.map { ChatMessage(role: $0.role, content: $0.content) }
    return try model.tokenize(try model.chatPrompt(messages))
  }

  private func tokenize(_ body: JSON) throws(WireError) -> JSON {
    let request = try TokenizeRequest(body: body)
    let tokens: [Token]
    do throws(LlamaError) {
      switch request {
      case .text(let text): tokens = try model.tokenize(text)
      case .messages(let turns): tokens = try self.tokenize(turns)
      }
    } catch {
      throw WireError(error)
    }
    // A number and its comma take up to eight bytes; a link ends at a line too long.
    guard tokens.count < limits.lineBytes / 8 else {
      throw WireError(
        .outOfRange, "the text has \(tokens.count) tokens, more than one line can hold")
    }
    return [
      "tokens": .array(tokens.map { .integer(Int64($0)) }),
      "count": .integer(Int64(tokens.count)),
    ]
  }

  func ended(_ session: Session, requests: [UInt64]) {
    sessions[ObjectIdentifier(session)] = nil
    for request in requests {
      running[request] = nil
      if arriving.removeValue(forKey: request) == nil { engine.cancel(request) }
    }
    finishDraining()
  }

  // MARK: Answers

  private func deliver() {
    for event in outbox.take() {
      switch event {
      case .token(let request, let part):
        generated += 1
        // Nobody wants the answer whose session is gone.
        guard let answer = running[request] else { continue }
        answer.session.connection.write { $0.token(part, of: model, id: answer.id) }
      case .finished(let request, let summary):
        guard let answer = running.removeValue(forKey: request) else { continue }
        served += 1
        if isDraining, summary.reason != .cancelled { handover?.forget(answer.prompt) }
        let completion = Completion(summary, node: name)
        answer.session.send(.done, id: answer.id, completion.body)
        answer.session.finish(answer.id)
      case .failed(let request, let error):
        fail(request, error)
      }
    }
    finishDraining()
  }

  func fail(_ request: UInt64, _ error: LlamaError) {
    guard let answer = running.removeValue(forKey: request) else { return }
    answer.session.send(WireError(error), id: answer.id)
    answer.session.finish(answer.id)
  }

  /// What a ping is answered with.
  private var load: JSON {
    let load = engine.status
    return ["active": .integer(Int64(load.active)), "waiting": .integer(Int64(load.waiting))]
  }

  private var status: JSON {
    let load = engine.status
    return [
      "node": .string(name), "type": .string(options.type), "model": .string(model.name),
      "listen": .string(address.description), "slots": .integer(Int64(load.slots)),
      "active": .integer(Int64(load.active)), "waiting": .integer(Int64(load.waiting)),
      "context_size": .integer(Int64(engine.contextSize)), "draining": .bool(isDraining),
      "requests": .integer(Int64(served)), "tokens": .integer(Int64(generated)),
      "prompt_tokens": .integer(Int64(load.promptTokensTotal)),
      "uptime": .integer(EventLoop.clock() - started),
      "orchestrator": options.join.map { .string($0.description) } ?? .null,
    ]
  }

  var hello: Hello {
    Hello(
      node: options.node ?? (link?.welcomedAs), epoch: options.epoch, type: options.type,
      model: model.name, slots: options.engine.slots, contextSize: engine.contextSize,
      listen: address.description, pid: Program.processID)
  }
}

/// Events on their way from the engine's thread to the loop's.
private final class Outbox: Sendable {
  private let events = Mutex<[EngineEvent]>([])
  private let wakerStorage = Mutex<Waker?>(nil)

  /// Set once, before the first request.
  var waker: Waker? {
    get { wakerStorage.withLock { $0 } }
    set { wakerStorage.withLock { $0 = newValue } }
  }

  func put(_ new: [EngineEvent]) {
    let wasEmpty = events.withLock { events in
      defer { events.append(contentsOf: new) }
      return events.isEmpty
    }
    if wasEmpty { waker?.wake() }
  }

  func take() -> [EngineEvent] {
    events.withLock { events in
      defer { events = [] }
      return events
    }
  }
}
