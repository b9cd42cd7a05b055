import LlamboCluster
import LlamboWire

/// One run of a cluster among simulated workers, links, launchers and clients, in virtual time.
///
/// It follows from its scenario alone: no clock is read and nothing else is random.
package struct Simulation {
  package let scenario: Scenario
  /// Stands between the cluster and its shell, for tests that break what the checkers must find.
  let meddler: Meddler
  package private(set) var timeline: Timeline?

  var random: SplitMix64
  var now: Milliseconds = 0
  var heap = EventHeap()
  var isTroubled = true
  var faults = FaultCounts()
  var log: EventLog
  var happenings = 0

  var workers: [Worker] = []
  /// Processes that live, for a draw among them.
  var living: [Int] = []
  var links: [Link] = []
  var requests: [SimulatedRequest] = []
  var fusions: [SimulatedFusion] = []
  var clients: [Int]
  var crashLoopUntil: Milliseconds = 0

  var shell: Shell

  var violations = Violations()
  var clientChecker = ClientChecker()
  var fusionChecker = FusionChecker()
  var slotChecker = SlotChecker()
  var adoptionChecker = AdoptionChecker()
  var stallChecker: StallChecker
  var idleChecker: IdleChecker
  var lifeChecker = LifeChecker()
  var boundChecker: BoundChecker
  /// nil where the cluster keeps its size.
  var scalingChecker: ScalingChecker?
  /// nil where the strategy's own lines cannot be told from outside.
  var fairnessChecker: FairnessChecker?
  /// Events until the next look at all of the cluster's books.
  private var untilCheck = 0
  /// A client has had a last line of which the cluster is told next.
  var isBetweenBooks = false

  package init(
    _ scenario: Scenario, meddler: Meddler = Meddler(), keepsLog: Bool = false,
    drawsTimeline: Bool = false
  ) {
    self.scenario = scenario
    self.meddler = meddler
    random = SplitMix64(seed: scenario.seed)
    log = EventLog(keepsAll: keepsLog)
    timeline = drawsTimeline ? Timeline() : nil
    clients = [Int](repeating: 0, count: scenario.clients)
    idleChecker = IdleChecker(types: scenario.settings.types.map(\.name))
    stallChecker = StallChecker(settings: scenario.settings)
    boundChecker = BoundChecker(settings: scenario.settings)
    if scenario.settings.autoScale {
      scalingChecker = ScalingChecker(settings: scenario.settings)
    }
    if scenario.settings.strategy != .cognitiveAffinity, scenario[.reload] == 0 {
      fairnessChecker = FairnessChecker(
        clients: scenario.clients, lines: scenario.settings.types.count + 1)
    }
    shell = Shell(
      settings: scenario.settings, meddler: meddler, wallClock: Shell.wallClock(0),
      seed: scenario.seed)
  }

  // MARK: The run

  /// Trouble, then peace until all is well, then work that must succeed, then the end.
  package mutating func run() -> Outcome {
    handle(.started)
    heap.put(.tick, at: scenario.tick)
    heap.put(.arrival, at: 1)
    for fault in Fault.allCases where scenario[fault] > 0 && fault.strikesByItself {
      scheduleStrike(of: fault)
    }
    advance(until: scenario.trouble)

    endTrouble()
    let healed = now
    advance(until: healed + scenario.settling) { $0.isSettled }
    let settled = isSettled ? now - healed : nil
    if settled == nil {
      violations.add(
        .converges, "\(scenario.settling) ms after the last fault: " + unsettledReason)
    } else {
      probe()
      if scenario.endsWithoutOrchestrator { leaveAlone() } else { shutDown() }
    }
    clientChecker.finish(&violations)
    fusionChecker.finish(&violations)
    timeline?.end(at: now)
    return outcome(settledAfter: settled)
  }

  /// Lets happen what is due up to a time, or until something holds at a tick.
  mutating func advance(
    until end: Milliseconds, unless isEnough: (Simulation) -> Bool = { _ in false }
  ) {
    while let due = heap.nextDue, due <= end, let entry = heap.take() {
      now = due
      violations.now = due
      happenings += 1
      perform(entry.occurrence)
      if !violations.list.isEmpty { log.freeze() }
      if case .tick = entry.occurrence, isEnough(self) { return }
    }
    now = max(now, end)
  }

  private mutating func perform(_ occurrence: Occurrence) {
    switch occurrence {
    case .tick: tick()
    case .up(let link): arriveAbove(link)
    case .down(let link): arriveBelow(link)
    case .dial(let worker): dial(worker)
    case .turn(let worker): takeTurn(worker)
    case .lease(let worker): checkLease(worker)
    case .graceEnds(let worker): endGrace(worker)
    case .exit(let worker): die(worker)
    case .untimelyExit(let worker): if isTroubled { die(worker) }
    case .report(let event, let orchestrator): report(event, to: orchestrator)
    case .persist(let orchestrator): persist(by: orchestrator)
    case .arrival: arrive()
    case .cancel(let request): cancel(request)
    case .fault(let fault): strike(fault)
    case .orchestratorStarts: startOrchestrator()
    }
  }

  private mutating func tick() {
    heap.put(.tick, at: now + scenario.tick)
    if shell.isUp, shell.pausedUntil <= now {
      stallChecker.looked(at: shell.clock(now))
      scalingChecker?.look(at: shell.cluster)
      handle(.tick)
      scalingChecker?.check(shell.cluster, at: shell.clock(now), &violations)
      stallChecker.check(shell.cluster, &violations)
      clientChecker.looked(at: shell.clock(now), &violations)
      fusionChecker.looked(at: shell.clock(now), &violations)
    }
    timeline?.sample(shell, at: now)
  }

  /// Holds the cluster's books against the checkers', now and then: a look costs as much as there
  /// are nodes.
  mutating func checkBooks() {
    if isBetweenBooks { return }
    untilCheck -= 1
    guard untilCheck <= 0 else { return }
    let cluster = shell.cluster
    untilCheck = cluster.nodes.count / 4
    slotChecker.check(cluster, &violations)
    idleChecker.check(cluster, slotChecker, &violations)
    boundChecker.check(cluster, at: shell.clock(now), &violations)
    for finding in meddler.inspect?(cluster) ?? [] { violations.add(.consistent, finding) }
    let counters = cluster.counters
    let counted = Int(counters.finished + counters.failed + counters.cancelled)
    if counted != clientChecker.ends - shell.endsBefore {
      violations.add(
        .counters,
        "\(counted) ends are counted, and clients had \(clientChecker.ends - shell.endsBefore)")
    }
  }

  /// Counts a fault, and shows it where it struck.
  mutating func fire(_ fault: Fault, on worker: Int) {
    faults.count(fault)
    log.fault(fault, worker: worker, at: now)
    adoptionChecker.excuse(workers[worker].node)
    timeline?.mark(fault.name, on: workers[worker].node, at: now)
  }

  mutating func fire(_ fault: Fault, at node: String? = nil) {
    faults.count(fault)
    log.fault(fault, worker: -1, at: now)
    timeline?.mark(fault.name, on: node, at: now)
  }

  // MARK: The peace

  private mutating func endTrouble() {
    isTroubled = false
    crashLoopUntil = 0
    shell.diskFullUntil = 0
    shell.pausedUntil = 0
    for worker in living {
      workers[worker].heal()
      if workers[worker].isTurnDue { heap.put(.turn(worker: worker), at: now) }
      if workers[worker].link == nil { heap.put(.dial(worker: worker), at: now) }
    }
    // What was held back arrives now.
    for link in links.indices {
      links[link].up.lastDue = now
      links[link].down.lastDue = now
      for _ in 0..<links[link].up.count { heap.put(.up(link: link), at: now) }
      for _ in 0..<links[link].down.count { heap.put(.down(link: link), at: now) }
    }
    log.remark("the faults stop", at: now)
    timeline?.mark("peace", at: now)
  }

  var isSettled: Bool {
    guard shell.isUp, clientChecker.unanswered == 0, shell.cluster.queued == 0,
      shell.cluster.running == 0
    else { return false }
    let cluster = shell.cluster
    // Who comes unasked to a full cluster is turned away, and asks again.
    let managed = cluster.nodes.count(where: \.isManaged)
    let guests = living.count { workers[$0].parent < 0 }
    let isFull = cluster.nodes.count >= cluster.settings.maxNodes
    guard hasItsSize, managed == living.count - guests,
      isFull || cluster.nodes.count - managed == guests
    else { return false }
    for node in cluster.nodes {
      guard node.state == .healthy, let link = node.link else { return false }
      let end = links[Int(link.number) - 1]
      guard workers[end.worker].isAlive, !workers[end.worker].isDraining, end.isOpenBelow else {
        return false
      }
    }
    return true
  }

  /// Whether there are as many nodes as were asked for, or as autoscaling allows.
  private var hasItsSize: Bool {
    let cluster = shell.cluster
    guard scenario.settings.autoScale else {
      return cluster.nodes.count(where: \.isManaged) == shell.wanted
    }
    let isFull = cluster.nodes.count >= cluster.settings.maxNodes
    return isFull
      || scenario.settings.types.allSatisfy { type in
        cluster.nodes.count { $0.type == type.name } >= type.minNodes
      }
  }

  private var unsettledReason: String {
    let cluster = shell.cluster
    var states: [String] = []
    for name in Node.State.names {
      let count = cluster.nodes.count { $0.state.name == name }
      if count > 0 { states.append("\(count) \(name)") }
    }
    return "nodes \(states.joined(separator: ", ")) of \(shell.wanted) wanted, "
      + "\(living.count) processes, \(cluster.queued) requests wait, \(cluster.running) run, "
      + "\(clientChecker.unanswered) are unanswered"
  }

  /// A healed cluster answers everything.
  private mutating func probe() {
    let slots = shell.cluster.nodes.reduce(0) { $0 + $1.slots }
    // Where autoscaling has left no node, the first request brings one back.
    for _ in 0..<max(scenario.settings.autoScale ? 1 : 0, min(5, slots)) {
      submit(from: 0, isProbe: true)
    }
    advance(until: now + scenario.settings.requestTimeout) { $0.clientChecker.unanswered == 0 }
    // A slot for each member, for where few may wait some would be refused.
    let free = shell.cluster.nodes.reduce(0) { $0 + $1.slots - $1.running.count }
    guard scenario.fusedShare > 0, free > 1 else { return }
    submitFused(from: 0, as: FusionRequest(.majority, nodes: min(5, free)), isProbe: true)
    advance(until: now + scenario.settings.requestTimeout) { $0.clientChecker.unanswered == 0 }
  }

  /// Some work, and a shutdown in its middle.
  private mutating func shutDown() {
    for _ in 0..<5 { submit(from: 0, isProbe: false) }
    if scenario.fusedShare > 0 { submitFused(from: 0, isProbe: false) }
    let grace: Milliseconds = 300
    clientChecker.isShuttingDown = true
    handle(.shutdown(grace: grace))
    let settings = scenario.settings
    advance(until: now + grace + settings.stopTimeout + settings.lease + 1_000) {
      $0.shell.stops > 0 && $0.living.isEmpty
    }
    if shell.stops != 1 {
      violations.add(.nothingLeftOver, "the cluster said \(shell.stops) times that it has stopped")
    }
    if !living.isEmpty {
      violations.add(.nothingLeftOver, "\(living.count) processes are left after the shutdown")
    }
  }

  /// An orchestrator that never returns: its workers leave when their leases end.
  private mutating func leaveAlone() {
    killOrchestrator()
    advance(until: now + 2 * scenario.settings.lease + 1_000) { $0.living.isEmpty }
    if !living.isEmpty {
      violations.add(.nothingLeftOver, "\(living.count) processes are left without orchestrator")
    }
  }

  private func outcome(settledAfter: Milliseconds?) -> Outcome {
    Outcome(
      seed: scenario.seed, nodes: scenario.nodes, hash: log.hash, violations: violations.list,
      faults: faults, happenings: happenings, virtualTime: now, settledAfter: settledAfter,
      submissions: clientChecker.submissions, finished: clientChecker.finished,
      failed: clientChecker.failed, cancelled: clientChecker.cancelled,
      cutOff: clientChecker.cutOff, fusions: fusionChecker.submissions,
      fusionsAnswered: fusionChecker.answered, tokens: clientChecker.tokens,
      retried: Int(shell.retried + shell.cluster.counters.retried),
      nodesLost: Int(shell.nodesLost + shell.cluster.counters.nodesLost),
      log: log.keepsAll || !violations.list.isEmpty ? log.lines : [])
  }
}
