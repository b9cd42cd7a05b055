import LlamboWire

@testable import LlamboCluster

/// Processes, links and clients around a cluster, all drawn from one seed: they start, stall, die,
/// dial again, and their messages come late, twice, or over links that are long closed.
struct World {
  struct Process {
    let node: String?
    let epoch: UInt64
    let slots: Int
    var link: LinkID?
    var isAlive = true
    var isDraining = false
    /// It answers no ping until then.
    var stalledUntil: Milliseconds = 0
    var running: Set<RequestID> = []
  }

  /// Something on its way.
  enum Message {
    case event(Event)
    /// A process of that number dials.
    case dial(Int)
    case token(RequestID, LinkID, index: Int)
    /// From a process over a link: lost with either.
    case fromWorker(Int, LinkID, Event)
    case exit(Int)
  }

  var cluster: Cluster
  var random: SplitMix64
  var now: Milliseconds = 0
  var faults = true
  var processes: [Int: Process] = [:]
  var checker = Checker()
  /// Every directive in order.
  var log: [Entry] = []

  struct Entry: Equatable {
    let time: Milliseconds
    let directive: Directive
  }

  private var mail: [(due: Milliseconds, order: Int, message: Message)] = []
  private var order = 0
  private var lastPID = 100
  private var lastLink: UInt64 = 0
  private var lastRequest: UInt64 = 0

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    var settings = ClusterSettings()
    settings.types = [.init(name: "tiny", count: Int.random(in: 1...6, using: &random))]
    settings.strategy = Strategy.allCases.randomElement(using: &random)!
    settings.launchesAtOnce = Int.random(in: 1...3, using: &random)
    settings.queueLimit = [0, 2, 1000].randomElement(using: &random)!
    settings.maxRetries = Int.random(in: 0...3, using: &random)
    settings.requestTimeout = 3000
    settings.healthCheckInterval = 300
    settings.startTimeout = 1000
    settings.redialTimeout = Milliseconds.random(in: 0...500, using: &random)
    settings.backoffMost = 2000
    settings.stopTimeout = 1000
    cluster = Cluster(settings: settings, epoch: 0, seed: seed)
  }

  // MARK: Time

  /// Delivers what is due up to a time, ticking every 50 ms.
  mutating func run(until end: Milliseconds) {
    while now < end {
      let tick = now + 50
      while let next = mail.indices.min(by: { before($0, $1) }), mail[next].due <= tick {
        let (due, _, message) = mail.remove(at: next)
        now = max(now, due)
        deliver(message)
      }
      now = tick
      handle(.tick)
      if faults { misbehave() }
    }
  }

  private func before(_ left: Int, _ right: Int) -> Bool {
    (mail[left].due, mail[left].order) < (mail[right].due, mail[right].order)
  }

  private mutating func post(_ message: Message, after delay: ClosedRange<Milliseconds>) {
    order += 1
    mail.append((now + Milliseconds.random(in: delay, using: &random), order, message))
  }

  private mutating func happens(_ percent: Int) -> Bool {
    faults && Int.random(in: 0..<100, using: &random) < percent
  }

  // MARK: The cluster

  mutating func handle(_ event: Event) {
    var directives: [Directive] = []
    cluster.handle(event, at: now, into: &directives)
    for directive in directives {
      log.append(Entry(time: now, directive: directive))
      checker.see(directive, in: cluster)
      perform(directive)
    }
    checker.check(cluster, after: event)
  }

  private mutating func perform(_ directive: Directive) {
    switch directive {
    case .launch(let node, _, let epoch): launch(node, epoch)
    case .kill(_, let pid): die(pid)
    case .refuse(let link, _): if let pid = owner(of: link) { die(pid) }
    case .closeLink(let link): close(link)
    case .welcome, .note, .persist, .fail, .endCancelled, .stopped: break
    case .ping(let link):
      guard let pid = owner(of: link), processes[pid]!.stalledUntil <= now else { return }
      post(.fromWorker(pid, link, .heard(link)), after: 0...20)
    case .stopNode(let link, let grace):
      guard let pid = owner(of: link) else { return }
      processes[pid]!.isDraining = true
      if !happens(20) { post(.exit(pid), after: grace...grace) }
    case .send(let request, let link): work(on: request, link)
    case .cancel(let request, let link):
      guard let pid = owner(of: link) else { return }
      let known = processes[pid]!.running.remove(request) != nil
      let error = WireError(.unknownRequest, "no such request")
      post(
        .fromWorker(
          pid, link, known ? .finished(request, link) : .failed(request, link, error)),
        after: 0...30)
    }
  }

  private mutating func launch(_ node: String, _ epoch: UInt64) {
    if happens(10) {
      post(.event(.launchFailed(node: node, epoch: epoch, reason: "no room")), after: 0...50)
      return
    }
    lastPID += 1
    let slots = Int.random(in: 1...4, using: &random)
    processes[lastPID] = Process(node: node, epoch: epoch, slots: slots)
    checker.started(lastPID)
    // A launcher may be slow to tell, slower than the worker itself.
    post(
      .event(.launched(node: node, epoch: epoch, pid: lastPID)), after: 0...(happens(10) ? 2000 : 5)
    )
    if !happens(5) { post(.dial(lastPID), after: 0...300) }
    if happens(10) { post(.exit(lastPID), after: 0...3000) }
  }

  private mutating func work(on request: RequestID, _ link: LinkID) {
    guard let pid = owner(of: link) else { return }
    func say(_ world: inout World, _ event: Event, after delay: ClosedRange<Milliseconds>) {
      world.post(.fromWorker(pid, link, event), after: delay)
    }
    if processes[pid]!.isDraining || happens(4) {
      processes[pid]!.isDraining = true
      post(.exit(pid), after: 500...1000)
      return say(&self, .failed(request, link, WireError(.draining, "no more")), after: 0...20)
    }
    if happens(4) {
      return say(&self, .failed(request, link, WireError(.queueFull, "full")), after: 0...20)
    }
    processes[pid]!.running.insert(request)
    // One that never answers, another that fails, all others well.
    if happens(4) { return }
    if happens(4) {
      return say(&self, .failed(request, link, WireError(.internalError, "oh")), after: 0...100)
    }
    // In order, now and then one twice, and seldom one left out.
    var delay: Milliseconds = 10
    for index in cluster.journal(of: request).count..<Self.length(of: request) {
      delay += Milliseconds.random(in: 0...60, using: &random)
      if happens(1) { continue }
      post(.token(request, link, index: index), after: delay...delay)
      if happens(3) { post(.token(request, link, index: index), after: delay...delay) }
    }
    say(&self, .finished(request, link), after: delay...delay + 100)
  }

  /// Tokens of an answer, the same for each attempt.
  private static func length(of request: RequestID) -> Int { Int(request.number % 8) }

  private static func token(of request: RequestID, _ index: Int) -> Int32 {
    Int32(truncatingIfNeeded: request.number &* 31 &+ UInt64(index) &* 17)
  }

  // MARK: Messages

  private mutating func deliver(_ message: Message) {
    switch message {
    case .event(let event): handle(event)
    case .dial(let pid): dial(pid)
    case .exit(let pid): die(pid)
    case .token(let request, let link, let index):
      let token = Self.token(of: request, index)
      if cluster.acceptToken(of: request, from: link, index: index, token: token, at: now) {
        checker.token(request, index: index, token: token)
      }
    case .fromWorker(let pid, let link, let event):
      // A message of one who is gone is lost, or late.
      guard processes[pid]?.link == link || happens(50) else { return }
      if case .finished(let request, _) = event {
        processes[pid]?.running.remove(request)
        if cluster.isServed(request, by: link) { checker.ended(request) }
        checker.letGo(request, link)
      }
      if case .failed(let request, _, _) = event {
        processes[pid]?.running.remove(request)
        checker.letGo(request, link)
      }
      handle(event)
      if happens(5) { post(.fromWorker(pid, link, event), after: 0...500) }
    }
  }

  private mutating func dial(_ pid: Int) {
    guard let process = processes[pid], process.isAlive, process.link == nil, !process.isDraining
    else { return }
    lastLink += 1
    let link = LinkID(lastLink)
    processes[pid]!.link = link
    checker.opened(link)
    let epoch = happens(3) ? process.epoch &+ 1 : process.epoch
    handle(
      .hello(
        link,
        Hello(
          node: process.node, epoch: epoch, type: "tiny", model: "m", slots: process.slots,
          contextSize: 512, listen: "l", pid: pid)))
  }

  private func owner(of link: LinkID) -> Int? {
    processes.first { $0.value.link == link && $0.value.isAlive }?.key
  }

  /// A link breaks; the worker drops what ran on it, and dials again.
  private mutating func close(_ link: LinkID) {
    guard let pid = owner(of: link) else { return }
    processes[pid]!.link = nil
    processes[pid]!.running = []
    post(.event(.linkClosed(link)), after: 0...20)
    post(.dial(pid), after: 30...400)
  }

  private mutating func die(_ pid: Int) {
    guard let process = processes[pid], process.isAlive else { return }
    if let link = process.link { close(link) }
    processes[pid]!.isAlive = false
    if let node = process.node {
      post(.event(.processEnded(node: node, epoch: process.epoch, reason: "gone")), after: 0...50)
    }
  }

  // MARK: Trouble

  mutating func submit() {
    lastRequest += 1
    let request = RequestID(lastRequest)
    checker.submitted(request)
    handle(.submitted(request))
  }

  private mutating func misbehave() {
    if happens(40) { submit() }
    if happens(10), lastRequest > 0 {
      let request = RequestID(
        UInt64.random(in: max(1, lastRequest - min(5, lastRequest))...lastRequest, using: &random))
      checker.cancelled(request)
      handle(.cancelled(request))
    }
    let living = processes.filter(\.value.isAlive).keys.sorted()
    if let pid = living.randomElement(using: &random) {
      if happens(3) { die(pid) }
      if happens(3), let link = processes[pid]?.link { close(link) }
      if happens(2) { processes[pid]!.stalledUntil = now + 2000 }
    }
    if happens(1) {
      lastPID += 1
      processes[lastPID] = Process(node: nil, epoch: 0, slots: 1)
      post(.dial(lastPID), after: 0...10)
    }
    if happens(1) { now += 5000 }
    if happens(2), let node = cluster.nodes.randomElement(using: &random) {
      checker.drains += 1
      handle(
        .drain(
          node: node.id, grace: Milliseconds.random(in: 0...400, using: &random), replace: true))
    }
    if happens(5) {
      let link = LinkID(UInt64.random(in: 0...lastLink + 5, using: &random))
      handle(.heard(link))
      if processes.values.allSatisfy({ $0.link != link }) { handle(.linkClosed(link)) }
    }
  }
}
