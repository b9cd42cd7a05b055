import LlamboWire

extension Cluster {
  mutating func join(
    _ link: LinkID, _ hello: Hello, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    do throws(WireError) {
      let place = try place(for: hello, at: now)
      if nodes[place].link != nil {
        unlink(place, because: "it dialled again", at: now, &directives)
      }
      nodes[place].hello = hello
      // The launcher knows better, where it has spoken.
      nodes[place].pid = nodes[place].pid ?? hello.pid
      nodes[place].link = link
      letGo(place, at: now, &directives)
      nodes[place].isSpared = false
      nodes[place].isFaulty = false
      nodes[place].linkedSince = now
      nodes[place].lastHeard = watched
      nodes[place].unansweredPings = 0
      // Pings of nodes that join together are spread over the interval.
      nodes[place].nextPing =
        now + Milliseconds.random(in: 0...settings.healthCheckInterval, using: &random)
      placeByLink[link] = place
      nodes[place].lastProgress = watched
      setState(place, stateOnJoining(nodes[place].id, at: now))
      directives.append(
        .welcome(
          link,
          Welcome(
            cluster: settings.id, node: nodes[place].id, epoch: hello.epoch,
            lease: Int(settings.lease))))
      directives.append(.persist)
      launchDue(at: now, &directives)
      dispatch(&directives)
    } catch {
      directives.append(.refuse(link, error))
    }
  }

  /// Where a worker that says `HELLO` belongs: its launcher's entry, or a new one.
  private mutating func place(
    for hello: Hello, at now: Milliseconds
  ) throws(WireError) -> Int {
    guard !isShuttingDown else { throw WireError(.draining, "the cluster is shutting down") }
    if let id = hello.node, let place = placeByID[id] {
      let node = nodes[place]
      if node.isStopping { throw WireError(.staleEpoch, "node \(id) was told to stop") }
      if node.isWaiting {
        throw WireError(.staleEpoch, "epoch \(hello.epoch) of node \(id) was given up")
      }
      if isAdoptable(hello, as: node) {
        nodes[place].epoch = hello.epoch
        nodes[place].pid = hello.pid
        return place
      }
      guard hello.epoch == node.epoch else {
        throw WireError(
          .staleEpoch, "node \(id) is at epoch \(node.epoch), not at \(hello.epoch)")
      }
      guard node.isManaged || node.link == nil || hello.pid == node.pid else {
        throw WireError(.invalidRequest, "another worker is node \(id): choose another name")
      }
      return place
    }
    guard hello.epoch == 0 else {
      throw WireError(
        .staleEpoch, "this cluster did not launch epoch \(hello.epoch) of \(hello.node ?? "it")")
    }
    guard nodes.count < settings.maxNodes else {
      throw WireError(.tooManyNodes, "the cluster has \(nodes.count) nodes, its max_nodes")
    }
    return insert(
      Node(
        id: hello.node ?? newGuestName(), type: hello.type, isManaged: false,
        group: group(of: hello.type), epoch: hello.epoch, state: .starting(since: now)))
  }

  mutating func linkClosed(
    _ link: LinkID, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    guard let place = placeByLink[link] else { return }
    let node = nodes[place]
    let isChild = node.isManaged && node.pid != nil && !node.isAdopted
    if node.isStopping, isChild {
      // Its process ends next, and says so.
      unlink(place, because: "it stops", at: now, &directives)
      if case .draining = node.state {
        setState(place, .stopping(until: now + settings.stopTimeout))
      }
    } else if node.isManaged, node.pid != nil, !node.isStopping {
      unlink(place, because: "its link broke", at: now, &directives)
      setState(place, .unlinked(until: now + settings.redialTimeout))
      directives.append(.persist)
    } else {
      end(place, because: "its link broke", at: now, &directives)
    }
  }

  /// Takes a node's link away, and its requests with it.
  ///
  /// - Parameter hasEnded: whether its process is over, too, or taken to be.
  mutating func unlink(
    _ place: Int, because reason: String, hasEnded: Bool = false, at now: Milliseconds,
    _ directives: inout [Directive]
  ) {
    guard let link = nodes[place].link else { return }
    placeByLink[link] = nil
    nodes[place].link = nil
    let held = nodes[place].running.members.sorted { $0.number < $1.number }
    let lost = held.filter { state(of: $0) == .running(link) }
    nodes[place].suspects = lost.map { ($0, requests[$0]!.journal.count) }
    let mayHaveCrashed = nodes[place].isManaged && !nodes[place].isStopping && !hasEnded
    running -= held.count
    nodes[place].running.removeAll()
    refresh(place)
    switch nodes[place].state {
    case .healthy, .ejected: setState(place, .unlinked(until: now))
    default: break
    }
    directives.append(.closeLink(link))
    for request in lost.reversed() {
      if mayHaveCrashed, isSuspect(request) {
        hold(request, for: place)
      } else {
        lose(request, of: nodes[place].id, because: reason, at: now, &directives)
      }
    }
    nodes[place].prefillTokens = 0
    dispatch(&directives)
  }
}
