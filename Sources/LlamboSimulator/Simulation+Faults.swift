import LlamboCluster
import LlamboWire

extension Node {
  /// Whether it was told to stop.
  var isEnding: Bool {
    switch state {
    case .draining, .stopping: true
    default: false
    }
  }
}

/// What strikes by itself.
extension Simulation {
  mutating func scheduleStrike(of fault: Fault) {
    heap.put(.fault(fault), at: now + random.time(1, 2 * Milliseconds(scenario[fault])))
  }

  mutating func strike(_ fault: Fault) {
    guard isTroubled else { return }
    scheduleStrike(of: fault)
    switch fault {
    case .massCrash:
      guard !living.isEmpty else { return }
      fire(fault)
      for worker in living.reversed() { die(worker) }
    case .crashLoop:
      fire(fault)
      crashLoopUntil = now + random.time(500, 2_500)
    case .clockJump:
      fire(fault)
      adoptionChecker.excuseAll()
      shell.clockLead += random.time(500, 6_000)
    case .pause:
      guard shell.isUp else { return }
      fire(fault)
      adoptionChecker.excuseAll()
      shell.pausedUntil = now + random.time(100, 3_000)
    case .restart:
      guard shell.isUp else { return }
      fire(fault)
      killOrchestrator()
      heap.put(.orchestratorStarts, at: now + random.time(50, 1_500))
    case .diskFull:
      fire(fault)
      shell.diskFullUntil = now + random.time(200, 3_000)
    case .burst:
      fire(fault)
      let client = random.below(clients.count)
      for _ in 0..<random.within(5, 25) * (1 + scenario.nodes / 20) {
        submit(from: client, isProbe: false)
      }
    case .cancel:
      guard let request = recentOpenRequest() else { return }
      fire(fault)
      cancel(request)
    case .hangUp:
      guard let request = recentOpenRequest() else { return }
      fire(fault)
      hangUp(requests[request].client)
    case .guest:
      fire(fault)
      start(node: nil, epoch: 0, type: scenario.settings.types[0].name, parent: -1)
    case .spawn: spawn()
    case .drain: drainNode()
    case .reload:
      guard shell.isUp else { return }
      fire(fault)
      reload()
    default: strikeWorker(fault)
    }
  }

  private mutating func recentOpenRequest() -> Int? {
    guard !requests.isEmpty else { return nil }
    let request = requests.count - 1 - random.below(min(8, requests.count))
    return clientChecker.isOpen(request) ? request : nil
  }

  private mutating func spawn() {
    guard shell.isUp else { return }
    let type = scenario.settings.types[0].name
    var directives: [Directive] = []
    do throws(WireError) {
      _ = try shell.cluster.spawn(1, of: type, at: shell.clock(now), into: &directives)
      shell.wanted += 1
      fire(.spawn)
    } catch {}
    perform(directives)
  }

  private mutating func drainNode() {
    let nodes = shell.cluster.nodes
    guard shell.isUp, !nodes.isEmpty else { return }
    let node = nodes[random.below(nodes.count)]
    let isReplaced = random.chance(700)
    let isStopped = random.chance(100)
    fire(.drain, at: node.id)
    let before = target
    if isStopped {
      handle(.stop(node: node.id))
    } else {
      handle(.drain(node: node.id, grace: random.time(0, 2_000), replace: isReplaced))
    }
    shell.wanted += target - before
  }

  /// The nodes that the cluster means to keep.
  private var target: Int {
    scenario.settings.types.reduce(0) { $0 + shell.cluster.target(of: $1.name) }
  }

  /// Another strategy, and sometimes other resources for a type, so that its nodes are exchanged.
  private mutating func reload() {
    var settings = shell.cluster.settings
    settings.strategy = Strategy.allCases[random.below(Strategy.allCases.count)]
    // Where the cluster chooses its size, its checker would take the exchange for growth; and that of
    // thousands takes longer than a run.
    guard random.chance(500), !settings.autoScale, scenario.nodes <= 100 else {
      return handle(.useStrategy(settings.strategy))
    }
    let type = settings.types[random.below(settings.types.count)].name
    var directives: [Directive] = []
    _ = shell.cluster.apply(
      settings, rolling: [type], at: shell.clock(now), into: &directives)
    perform(directives)
  }

  private mutating func strikeWorker(_ fault: Fault) {
    guard !living.isEmpty else { return }
    let worker = living[random.below(living.count)]
    let until = now + random.time(200, 3_000)
    switch fault {
    case .crash:
      fire(fault, on: worker)
      die(worker)
    case .stall:
      fire(fault, on: worker)
      workers[worker].stalledUntil = until
    case .wedge:
      fire(fault, on: worker)
      // Some never come back to themselves.
      workers[worker].wedgedUntil = random.chance(500) ? scenario.trouble : until
    case .slowNode:
      fire(fault, on: worker)
      workers[worker].slowUntil = until
    case .partition, .partitionUp, .partitionDown:
      fire(fault, on: worker)
      if fault != .partitionDown { workers[worker].upHeldUntil = until }
      if fault != .partitionUp { workers[worker].downHeldUntil = until }
    case .linkLoss, .cutLine, .halfOpen:
      guard let link = workers[worker].link, links[link].isOpenAbove else { return }
      let lines = links[link].up.count
      if fault == .cutLine {
        guard lines > 0 else { return }
        fire(fault, on: worker)
        // The line that is cut is lost, for its end never comes.
        breakLink(link, keeping: random.below(lines))
      } else if fault == .linkLoss {
        fire(fault, on: worker)
        breakLink(link, keeping: 0)
      } else {
        fire(fault, on: worker)
        closeBelow(link)
      }
    default: preconditionFailure("\(fault.name) befalls acts")
    }
  }
}
