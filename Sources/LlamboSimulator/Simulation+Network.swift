import LlamboCluster
import LlamboWire

/// Connections: lines of one direction arrive in order, late where the way is blocked, and not at
/// all once the connection is lost.
extension Simulation {
  mutating func sendUp(_ line: UpLine, on link: Int) {
    guard links[link].isOpenBelow else { return }
    post(line, up: link)
    guard isTroubled, random.chance(scenario[.duplicateLine]), line.mayComeTwice else { return }
    fire(.duplicateLine, on: links[link].worker)
    post(line, up: link)
  }

  mutating func post(_ line: UpLine, up link: Int) {
    var due = now + random.time(0, scenario.latency)
    if isTroubled, random.chance(scenario[.lateLine]) {
      fire(.lateLine, on: links[link].worker)
      due += random.time(50, 1_500)
    }
    due = max(due, links[link].up.lastDue)
    links[link].up.lastDue = due
    links[link].up.append(line)
    heap.put(.up(link: link), at: due)
  }

  mutating func sendDown(_ line: DownLine, on link: Int) {
    guard links[link].isOpenAbove else { return }
    post(line, down: link)
  }

  mutating func post(_ line: DownLine, down link: Int) {
    let due = max(now + random.time(0, scenario.latency), links[link].down.lastDue)
    links[link].down.lastDue = due
    links[link].down.append(line)
    heap.put(.down(link: link), at: due)
  }

  // MARK: Arrivals

  /// The next line of a link reaches the orchestrator's end.
  mutating func arriveAbove(_ link: Int) {
    guard links[link].up.count > 0 else { return }
    let blocked = max(
      workers[links[link].worker].upHeldUntil, shell.isUp ? shell.pausedUntil : 0)
    if blocked > now { return heap.put(.up(link: link), at: blocked) }
    guard let line = links[link].up.popFirst() else { return }
    if links[link].isOpenAbove {
      receive(line, on: link)
    } else if case .closed = line {
      return
    } else if case .hello = line {
      return
    } else if isTroubled, shell.isUp, links[link].orchestrator == shell.number,
      random.chance(scenario[.staleLine] * 20)
    {
      // It was in the shell's hands already when the cluster closed the link.
      fire(.staleLine, on: links[link].worker)
      receive(line, on: link)
    } else {
      // The peer's system says that nobody is there.
      post(.closed, down: link)
    }
  }

  /// The next line of a link reaches the worker's end.
  mutating func arriveBelow(_ link: Int) {
    guard links[link].down.count > 0 else { return }
    let worker = links[link].worker
    let blocked = max(workers[worker].downHeldUntil, workers[worker].stalledUntil)
    if blocked > now, workers[worker].isAlive {
      return heap.put(.down(link: link), at: blocked)
    }
    guard let line = links[link].down.popFirst(), links[link].isOpenBelow else { return }
    obey(line, on: link, worker)
  }

  // MARK: Ends of connections

  /// Both ends see the connection break; what is under way is lost, but for some lines up.
  mutating func breakLink(_ link: Int, keeping kept: Int) {
    links[link].up.truncate(to: kept)
    links[link].down.truncate(to: 0)
    if links[link].isOpenAbove { post(.closed, up: link) }
    closeBelow(link)
  }

  /// The worker's end is closed: what ran for it ends, and the worker dials again.
  mutating func closeBelow(_ link: Int) {
    guard links[link].isOpenBelow else { return }
    links[link].isOpenBelow = false
    let worker = links[link].worker
    workers[worker].jobs.removeAll { $0.link == link }
    if workers[worker].link == link { workers[worker].link = nil }
    workers[worker].openLinks.removeAll { $0 == link }
    guard workers[worker].isAlive else { return }
    if workers[worker].isDraining {
      leaveIfDone(worker)
    } else {
      dialLater(worker)
    }
  }
}
