import LlamboCluster
import LlamboWire

/// What the orchestrator's shell does: it hands events to the cluster, performs directives, and
/// turns lines of workers into events.
extension Simulation {
  /// Hands an event to the cluster. One that a directive causes waits for those before it.
  mutating func handle(_ event: Event) {
    guard shell.isUp else { return }
    shell.events.append(event)
    guard !shell.isHandling else { return }
    shell.isHandling = true
    var directives: [Directive] = []
    var next = 0
    while next < shell.events.count, shell.isUp {
      let happened = shell.events[next]
      next += 1
      let clock = shell.clock(now)
      log.event(happened, at: clock)
      observe(happened)
      guard let event = meddled(happened) else { continue }
      let nodes = shell.cluster.nodes.count
      shell.cluster.handle(event, at: clock, into: &directives)
      if case .submitted = event, shell.cluster.nodes.count > nodes {
        scalingChecker?.woke(shell.cluster, at: clock, &violations)
      }
      meddler.directives?(&directives)
      perform(directives)
      directives.removeAll(keepingCapacity: true)
      checkBooks()
    }
    shell.events.removeAll(keepingCapacity: true)
    shell.isHandling = false
  }

  mutating func perform(_ directives: [Directive]) {
    for directive in directives {
      log.directive(directive, at: shell.clock(now))
      perform(directive)
    }
  }

  private func meddled(_ event: Event) -> Event? {
    guard let change = meddler.event else { return event }
    return change(event)
  }

  /// What an event means for the checkers' books.
  private mutating func observe(_ event: Event) {
    switch event {
    case .finished(let request, let link), .failed(let request, let link, _):
      slotChecker.released(Int(request.number) - 1, on: Int(link.number) - 1)
      stallChecker.progressed(Int(link.number) - 1)
    case .linkClosed(let link):
      lifeChecker.ended(Int(link.number) - 1)
      slotChecker.closed(Int(link.number) - 1)
    case .processEnded(let node, let epoch, _, _):
      // Reports come twice; one crash counts once.
      guard scenario[.poison] > 0,
        let worker = workers.lastIndex(where: { $0.epoch == epoch && $0.node != nil }),
        let request = workers[worker].poison
      else { return }
      workers[worker].poison = nil
      // One that was told to end, or given up before, may have ended of that.
      let isCrash = shell.cluster.nodes.contains {
        $0.id == node && $0.epoch == epoch && !$0.isEnding && $0.state.name != "waiting"
      }
      if isCrash { boundChecker.crashed(request) }
    default: break
    }
  }

  // MARK: Directives

  private mutating func perform(_ directive: Directive) {
    switch directive {
    case .launch(let node, let type, let epoch):
      lifeChecker.launched(node, epoch: epoch, &violations)
      adoptionChecker.launched(node, workers, &violations)
      launch(node, type, epoch)
    case .kill(_, let pid):
      lifeChecker.killed(pid, &violations)
      die(pid - Worker.firstPID)
    case .welcome(let link, let welcome):
      use(link, for: "a welcome")
      sendDown(.welcome(welcome), on: Int(link.number) - 1)
    case .refuse(let link, let error):
      sendDown(.refusal(error), on: Int(link.number) - 1)
      closeAbove(link)
    case .closeLink(let link): closeAbove(link)
    case .ping(let link):
      use(link, for: "a ping")
      sendDown(.ping, on: Int(link.number) - 1)
    case .stopNode(let link, let grace, _):
      use(link, for: "a stop")
      sendDown(.stop(grace: grace), on: Int(link.number) - 1)
    case .send(let request, let link):
      let place = Int(request.number) - 1
      lifeChecker.worked(Int(link.number) - 1, &violations)
      if slotChecker.isIdle(Int(link.number) - 1) {
        stallChecker.progressed(Int(link.number) - 1)
      }
      slotChecker.sent(place, on: Int(link.number) - 1, &violations)
      boundChecker.sent(place, at: shell.clock(now), &violations)
      fairnessChecker?.sent(place, &violations)
      sendDown(
        .infer(request: place, produced: shell.cluster.journal(of: request)),
        on: Int(link.number) - 1)
    case .cancel(let request, let link):
      use(link, for: "a cancel")
      if !clientChecker.isCancelled(Int(request.number) - 1) {
        slotChecker.givenUp(Int(request.number) - 1, on: Int(link.number) - 1)
        boundChecker.moved(Int(request.number) - 1)
      }
      sendDown(.cancel(request: Int(request.number) - 1), on: Int(link.number) - 1)
    case .fail(let request, let error):
      ended(Int(request.number) - 1)
      clientChecker.failed(Int(request.number) - 1, error, &violations)
      memberFailed(Int(request.number) - 1, error)
    case .endCancelled(let request):
      ended(Int(request.number) - 1)
      clientChecker.done(Int(request.number) - 1, count: 0, isCancelled: true, &violations)
    case .note: break
    case .persist: persistSoon()
    case .stopped:
      shell.stops += 1
      endOrchestrator()
    }
  }

  /// A request has had its last line.
  private mutating func ended(_ request: Int) {
    fairnessChecker?.ended(request)
    idleChecker.ended(request)
    boundChecker.ended(request)
  }

  private mutating func use(_ link: LinkID, for purpose: StaticString) {
    lifeChecker.used(Int(link.number) - 1, for: purpose, &violations)
  }

  private mutating func closeAbove(_ link: LinkID) {
    let place = Int(link.number) - 1
    lifeChecker.close(place, &violations)
    slotChecker.closed(place)
    guard links[place].isOpenAbove else { return }
    links[place].isOpenAbove = false
    post(.closed, down: place)
  }

  // MARK: Lines

  /// A line from a worker, or what looks like one.
  mutating func receive(_ line: UpLine, on link: Int) {
    let id = LinkID(UInt64(link + 1))
    switch line {
    case .hello(let hello):
      handle(.hello(id, hello))
    case .pong: handle(.heard(id))
    case .token(let request, let index, let token):
      guard
        shell.cluster.acceptToken(
          of: RequestID(UInt64(request + 1)), from: id, index: index, token: token,
          at: shell.clock(now))
      else { return }
      boundChecker.grew(request)
      stallChecker.progressed(link)
      let token = Meddler.Token(request: request, index: index, id: token)
      for token in meddler.token?(token) ?? [token] {
        clientChecker.token(token.request, index: token.index, id: token.id, &violations)
        memberSent(token.request, index: token.index, token: token.id)
      }
    case .done(let request, let count, let isCancelled):
      let number = RequestID(UInt64(request + 1))
      if isCancelled, !shell.cluster.mayEndAsCancelled(number) {
        let error = WireError(.draining, "the worker gave this answer up")
        return handle(.failed(number, id, error))
      }
      if shell.cluster.isServed(number, by: id) {
        ended(request)
        clientChecker.done(request, count: count, isCancelled: isCancelled, &violations)
        isBetweenBooks = true
        memberFinished(request, count: count, isCancelled: isCancelled)
        isBetweenBooks = false
      }
      handle(.finished(number, id))
    case .error(let request, let error):
      handle(.failed(RequestID(UInt64(request + 1)), id, error))
    case .closed:
      links[link].isOpenAbove = false
      handle(.linkClosed(id))
    }
  }

  /// A launcher's word, unless the orchestrator that waited for it is gone.
  mutating func report(_ event: Event, to orchestrator: Int) {
    guard shell.isUp, shell.number == orchestrator else { return }
    if shell.pausedUntil > now {
      heap.put(.report(event, orchestrator: orchestrator), at: shell.pausedUntil)
      return
    }
    handle(event)
  }

  // MARK: The state file

  private mutating func persistSoon() {
    guard !shell.isPersistDue else { return }
    shell.isPersistDue = true
    heap.put(.persist(orchestrator: shell.number), at: now + 20)
  }

  mutating func persist(by orchestrator: Int) {
    guard shell.isUp, shell.number == orchestrator else { return }
    shell.isPersistDue = false
    // Where the disk is full, what was there stays; the next change tries again.
    if shell.diskFullUntil <= now { shell.state = shell.snapshot }
  }

  // MARK: Its death and its return

  mutating func killOrchestrator() {
    clientChecker.orchestratorDied()
    fusionChecker.orchestratorDied()
    slotChecker.orchestratorDied()
    fairnessChecker?.orchestratorDied()
    idleChecker.orchestratorDied()
    endOrchestrator()
  }

  /// Its process ends, and the system closes its connections.
  private mutating func endOrchestrator() {
    shell.isUp = false
    lifeChecker.orchestratorDied()
    for place in links.indices where links[place].isOpenAbove {
      links[place].isOpenAbove = false
      post(.closed, down: place)
    }
  }

  mutating func startOrchestrator() {
    let old = shell
    shell = Shell(
      settings: scenario.settings, meddler: meddler, wallClock: Shell.wallClock(now),
      seed: random.next())
    shell.number = old.number + 1
    shell.clockLead = old.clockLead
    shell.diskFullUntil = old.diskFullUntil
    shell.endsBefore = clientChecker.ends
    boundChecker.orchestratorStarted(at: shell.clock(now))
    scalingChecker?.orchestratorStarted()
    shell.retried = old.retried + old.cluster.counters.retried
    shell.nodesLost = old.nodesLost + old.cluster.counters.nodesLost
    if var state = old.state {
      meddler.state?(&state)
      lifeChecker.orchestratorStarted(with: state)
      shell.cluster.restore(state, at: shell.clock(now))
      adoptionChecker.orchestratorStarted(with: old.state ?? state, workers)
      shell.state = state
    }
    handle(.started)
    shell.wanted = shell.cluster.nodes.count(where: \.isManaged)
  }
}
