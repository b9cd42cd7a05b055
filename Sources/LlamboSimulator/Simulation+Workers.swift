import LlamboCluster
import LlamboWire

/// Launchers and the processes that they start: these behave as `llambo-worker` does.
extension Simulation {
  mutating func launch(_ node: String, _ type: String, _ epoch: UInt64) {
    if isTroubled, random.chance(scenario[.launchFails]) {
      fire(.launchFails, at: node)
      return tell(
        .launchFailed(node: node, epoch: epoch, reason: "no room"), of: node, within: 50)
    }
    if isTroubled, random.chance(scenario[.launchHangs]) { return fire(.launchHangs, at: node) }
    let worker = start(node: node, epoch: epoch, type: type, parent: shell.number)
    tell(.launched(node: node, epoch: epoch, pid: worker + Worker.firstPID), of: node, within: 10)
    if now < crashLoopUntil {
      heap.put(.untimelyExit(worker: worker), at: now + random.time(0, 800))
    } else if isTroubled, random.chance(scenario[.launchDies]) {
      fire(.launchDies, on: worker)
      heap.put(.untimelyExit(worker: worker), at: now + random.time(0, 200))
    }
  }

  @discardableResult
  mutating func start(node: String?, epoch: UInt64, type: String, parent: Int) -> Int {
    let worker = workers.count
    workers.append(
      Worker(
        node: node, epoch: epoch, type: type, slots: scenario.slots, pace: scenario.pace,
        parent: parent, lease: scenario.settings.lease, at: now))
    workers[worker].livingPlace = living.count
    living.append(worker)
    lifeChecker.started(worker + Worker.firstPID)
    var loading = random.time(30, 300)
    if isTroubled, random.chance(scenario[.slowStart]) {
      fire(.slowStart, on: worker)
      loading += random.time(500, 2_500)
    }
    heap.put(.dial(worker: worker), at: now + loading)
    heap.put(.lease(worker: worker), at: now + scenario.settings.lease)
    return worker
  }

  /// What a launcher tells the orchestrator of now, some time after a start.
  mutating func tell(
    _ event: Event, of node: String, from start: Milliseconds? = nil, within longest: Milliseconds
  ) {
    var due = (start ?? now) + random.time(0, longest)
    if isTroubled, random.chance(scenario[.lateReport]) {
      fire(.lateReport, at: node)
      due += random.time(100, 2_000)
    }
    heap.put(.report(event, orchestrator: shell.number), at: due)
    if isTroubled, random.chance(scenario[.duplicateReport]) {
      fire(.duplicateReport, at: node)
      heap.put(.report(event, orchestrator: shell.number), at: due + random.time(0, 500))
    }
  }

  mutating func die(_ worker: Int) {
    guard workers.indices.contains(worker), workers[worker].isAlive else { return }
    workers[worker].isAlive = false
    let place = workers[worker].livingPlace
    living.swapAt(place, living.count - 1)
    living.removeLast()
    if place < living.count { workers[living[place]].livingPlace = place }
    // The shell reads what a worker wrote last before it looks at its end.
    var lastLine = now
    for link in workers[worker].openLinks.reversed() {
      lastLine = max(lastLine, links[link].up.lastDue)
      if links[link].isOpenAbove { post(.closed, up: link) }
      closeBelow(link)
    }
    workers[worker].jobs = []
    guard let node = workers[worker].node, workers[worker].parent == shell.number else { return }
    tell(
      .processEnded(node: node, epoch: workers[worker].epoch, reason: "gone"), of: node,
      from: lastLine, within: 50)
  }

  // MARK: The link

  mutating func dial(_ worker: Int) {
    let process = workers[worker]
    guard process.isAlive, process.link == nil, !process.hasGivenUp, !process.isDraining else {
      return
    }
    if process.stalledUntil > now {
      return heap.put(.dial(worker: worker), at: process.stalledUntil)
    }
    guard shell.isUp, max(process.upHeldUntil, process.downHeldUntil) <= now else {
      return dialLater(worker)
    }
    let link = links.count
    links.append(Link(worker: worker, orchestrator: shell.number))
    workers[worker].link = link
    workers[worker].openLinks.append(link)
    var epoch = process.epoch
    if isTroubled, random.chance(scenario[.wrongEpoch]) {
      fire(.wrongEpoch, on: worker)
      epoch += UInt64(random.within(1, 3))
    }
    lifeChecker.opened(node: process.node, epoch: epoch)
    slotChecker.opened()
    stallChecker.opened()
    sendUp(
      .hello(
        Hello(
          node: process.node, epoch: epoch, type: process.type, model: "m", slots: process.slots,
          contextSize: 512, listen: "127.0.0.1:1", pid: worker + Worker.firstPID)),
      on: link)
  }

  /// With full jitter, doubling up to a second.
  mutating func dialLater(_ worker: Int) {
    guard !workers[worker].hasGivenUp else { return }
    workers[worker].attempts += 1
    let longest: Milliseconds = min(50 << min(workers[worker].attempts, 10), 1_000)
    heap.put(.dial(worker: worker), at: now + random.time(0, longest))
  }

  /// A worker that hears nothing from an orchestrator for its lease ends.
  mutating func checkLease(_ worker: Int) {
    let process = workers[worker]
    guard process.isAlive, !process.hasGivenUp else { return }
    let end = max(process.lastHeard + process.lease, process.stalledUntil)
    if end > now { return heap.put(.lease(worker: worker), at: end) }
    workers[worker].hasGivenUp = true
    drain(worker)
  }

  // MARK: What it is told

  mutating func obey(_ line: DownLine, on link: Int, _ worker: Int) {
    workers[worker].lastHeard = now
    switch line {
    case .welcome(let welcome):
      workers[worker].attempts = 0
      workers[worker].node = welcome.node
      workers[worker].lease = Milliseconds(welcome.lease)
    case .refusal(let error):
      // A cluster that is full or on its way down may have room later; the rest is final.
      if error.code == .tooManyNodes || error.code == .draining { return }
      workers[worker].hasGivenUp = true
      drain(worker)
    case .ping: sendUp(.pong, on: link)
    case .stop(let grace):
      heap.put(.graceEnds(worker: worker), at: now + grace)
      drain(worker)
    case .infer(let request, let produced): infer(request, produced, on: link, worker)
    case .cancel(let request):
      guard let place = workers[worker].jobs.firstIndex(where: { $0.request == request }) else {
        return sendUp(.error(request: request, WireError(.unknownRequest, "not here")), on: link)
      }
      workers[worker].jobs[place].isCancelled = true
    case .closed: closeBelow(link)
    }
  }

  private mutating func infer(
    _ request: Int, _ produced: [Int32], on link: Int, _ worker: Int
  ) {
    checkJournal(of: request, produced)
    if isTroubled, random.chance(scenario[.workerDrains]) {
      fire(.workerDrains, on: worker)
      drain(worker)
    }
    if workers[worker].isDraining {
      return sendUp(.error(request: request, WireError(.draining, "no more")), on: link)
    }
    if isTroubled, random.chance(scenario[.workerRefuses]) {
      fire(.workerRefuses, on: worker)
      return sendUp(.error(request: request, WireError(.queueFull, "full")), on: link)
    }
    if isTroubled, random.chance(scenario[.workerFails]) {
      fire(.workerFails, on: worker)
      return sendUp(.error(request: request, WireError(.internalError, "oh")), on: link)
    }
    if isTroubled, requests[request].isPoison {
      fire(.poison, on: worker)
      workers[worker].poison = request
      return heap.put(.untimelyExit(worker: worker), at: now + random.time(0, 50))
    }
    workers[worker].jobs.append(Worker.Job(request: request, link: link, index: produced.count))
    if workers[worker].jobs.count > workers[worker].slots {
      violations.add(
        .slotBound,
        "process \(worker + Worker.firstPID) has \(workers[worker].jobs.count) requests for "
          + "\(workers[worker].slots) slots")
    }
    scheduleTurn(worker)
  }

  /// A worker goes on from what the client has, so that must be what came before.
  private mutating func checkJournal(of request: Int, _ produced: [Int32]) {
    let asked = requests[request]
    for (index, id) in produced.enumerated()
    where id != asked.token(at: index) {
      violations.add(.rightTokens, "token \(index) of request \(request + 1) is replayed as \(id)")
    }
  }

  // MARK: Its engine

  private mutating func scheduleTurn(_ worker: Int) {
    guard !workers[worker].isTurnDue, !workers[worker].jobs.isEmpty else { return }
    workers[worker].isTurnDue = true
    let pace = workers[worker].pace
    heap.put(.turn(worker: worker), at: now + (workers[worker].slowUntil > now ? pace * 8 : pace))
  }

  /// One batch: a token for every answer that has a slot.
  mutating func takeTurn(_ worker: Int) {
    workers[worker].isTurnDue = false
    guard workers[worker].isAlive else { return }
    let blocked = max(workers[worker].stalledUntil, workers[worker].wedgedUntil)
    if blocked > now {
      workers[worker].isTurnDue = true
      return heap.put(.turn(worker: worker), at: blocked)
    }
    var place = 0
    var running = 0
    while place < workers[worker].jobs.count, running < workers[worker].slots {
      let job = workers[worker].jobs[place]
      let request = requests[job.request]
      if job.isCancelled || job.index >= request.length {
        workers[worker].jobs.remove(at: place)
        sendUp(
          .done(request: job.request, count: job.index, isCancelled: job.isCancelled), on: job.link)
        continue
      }
      let token = request.token(at: job.index)
      if isTroubled, job.index + 1 < request.length, random.chance(scenario[.gap]) {
        fire(.gap, on: worker)
      } else {
        sendUp(.token(request: job.request, index: job.index, id: token), on: job.link)
      }
      workers[worker].jobs[place].index += 1
      place += 1
      running += 1
    }
    if workers[worker].isDraining { leaveIfDone(worker) }
    scheduleTurn(worker)
  }

  // MARK: Its end

  mutating func drain(_ worker: Int) {
    workers[worker].isDraining = true
    leaveIfDone(worker)
  }

  mutating func endGrace(_ worker: Int) {
    guard workers[worker].isAlive else { return }
    for place in workers[worker].jobs.indices { workers[worker].jobs[place].isCancelled = true }
    leaveIfDone(worker)
  }

  func isIdle(_ worker: Int) -> Bool { workers[worker].jobs.isEmpty }

  mutating func leaveIfDone(_ worker: Int) {
    guard workers[worker].isAlive, isIdle(worker) else { return }
    workers[worker].hasGivenUp = true
    heap.put(.exit(worker: worker), at: max(now, workers[worker].stalledUntil))
  }
}
