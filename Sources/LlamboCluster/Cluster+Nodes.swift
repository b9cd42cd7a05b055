import LlamboWire

extension Cluster {
  /// Adds nodes of one type, to be launched as the limit on simultaneous launches allows.
  ///
  /// - Returns: their names.
  /// - Throws: `unknown_type`, `too_many_nodes`, or `draining` during shutdown.
  package mutating func spawn(
    _ count: Int, of type: String, at now: Milliseconds, into directives: inout [Directive]
  ) throws(WireError) -> [String] {
    guard !isShuttingDown else { throw WireError(.draining, "the cluster is shutting down") }
    guard settings.types.contains(where: { $0.name == type }) else {
      let known = settings.types.map(\.name).joined(separator: ", ")
      throw WireError(.unknownType, "unknown node type \"\(type)\"; the configuration has \(known)")
    }
    guard nodes.count + count <= settings.maxNodes else {
      throw WireError(
        .tooManyNodes,
        "\(nodes.count) nodes and \(count) more pass max_nodes, which is \(settings.maxNodes)")
    }
    let names = add(count, of: type, at: now)
    launchDue(at: now, &directives)
    return names
  }

  @discardableResult
  mutating func add(_ count: Int, of type: String, at now: Milliseconds) -> [String] {
    (0..<count).map { _ in
      let id = newName("worker")
      insert(Node(id: id, type: type, isManaged: true, epoch: 0, state: .waiting(until: now)))
      return id
    }
  }

  // MARK: Launching

  /// Launches what waits, as far as the limit on simultaneous launches allows.
  mutating func launchDue(at now: Milliseconds, _ directives: inout [Directive]) {
    guard !isShuttingDown else { return }
    var starting = 0
    for node in nodes { if case .starting = node.state { starting += 1 } }
    for place in nodes.indices where starting < settings.launchesAtOnce {
      guard case .waiting(let until) = nodes[place].state, until <= now else { continue }
      lastEpoch += 1
      nodes[place].epoch = lastEpoch
      nodes[place].state = .starting(since: now)
      directives.append(
        .launch(node: nodes[place].id, type: nodes[place].type, epoch: lastEpoch))
      starting += 1
    }
  }

  mutating func launched(
    _ id: String, epoch: UInt64, pid: Int, _ directives: inout [Directive]
  ) {
    guard let place = placeByID[id], nodes[place].epoch == epoch else {
      directives.append(.kill(node: id, pid: pid))
      return
    }
    nodes[place].pid = pid
    if case .stopping = nodes[place].state { directives.append(.kill(node: id, pid: pid)) }
    directives.append(.persist)
  }

  mutating func processEnded(
    _ id: String, epoch: UInt64, reason: String, at now: Milliseconds,
    _ directives: inout [Directive]
  ) {
    guard let place = placeByID[id], nodes[place].epoch == epoch else { return }
    if case .waiting = nodes[place].state { return }
    nodes[place].pid = nil
    end(place, because: reason, at: now, &directives)
  }

  /// A node's life is over: its requests go elsewhere or fail, and a managed node waits for its
  /// next life.
  private mutating func end(
    _ place: Int, because reason: String, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    let wasStopping = if case .stopping = nodes[place].state { true } else { false }
    let id = nodes[place].id
    unlink(place, because: reason, at: now, &directives)
    if let pid = nodes[place].pid { directives.append(.kill(node: id, pid: pid)) }
    if wasStopping || !nodes[place].isManaged {
      directives.append(.note("\(id) left: \(reason)"))
      remove(place)
    } else {
      counters.nodesLost += 1
      let delay = nextBackoff(place, at: now)
      nodes[place].pid = nil
      nodes[place].restarts += 1
      nodes[place].state = .waiting(until: now + delay)
      directives.append(.note("\(id) is lost: \(reason); its replacement starts in \(delay) ms"))
    }
    directives.append(.persist)
    launchDue(at: now, &directives)
  }

  /// Nothing after a stable life; then doubling, with a fifth of jitter, so that many nodes that
  /// fail of one cause do not come back as one.
  private mutating func nextBackoff(_ place: Int, at now: Milliseconds) -> Milliseconds {
    if nodes[place].linkedSince > 0, now - nodes[place].linkedSince >= settings.stableAfter {
      nodes[place].failures = 0
    }
    nodes[place].linkedSince = 0
    nodes[place].failures += 1
    guard nodes[place].failures > 1 else { return 0 }
    let doublings = min(nodes[place].failures - 2, 20)
    let delay = min(settings.backoffFirst << Milliseconds(doublings), settings.backoffMost)
    return delay - delay / 5 + Milliseconds.random(in: 0...delay / 5, using: &random)
  }

  // MARK: Links

  mutating func join(
    _ link: LinkID, _ hello: Hello, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    do throws(WireError) {
      let place = try place(for: hello, at: now)
      if nodes[place].link != nil {
        unlink(place, because: "it dialled again", at: now, &directives)
      }
      nodes[place].epoch = hello.epoch
      nodes[place].hello = hello
      nodes[place].pid = hello.pid
      nodes[place].link = link
      nodes[place].state = .healthy
      nodes[place].isDraining = false
      nodes[place].linkedSince = now
      nodes[place].lastHeard = now
      // Pings of nodes that join together are spread over the interval.
      nodes[place].nextPing =
        now + Milliseconds.random(in: 0...settings.healthCheckInterval, using: &random)
      placeByLink[link] = place
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
      if case .stopping = node.state {
        throw WireError(.staleEpoch, "node \(id) was told to stop")
      }
      if case .waiting = node.state {
        throw WireError(.staleEpoch, "epoch \(hello.epoch) of node \(id) was given up")
      }
      guard hello.epoch >= node.epoch else {
        throw WireError(
          .staleEpoch, "node \(id) is at epoch \(node.epoch); epoch \(hello.epoch) is over")
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
        id: hello.node ?? newName("guest"), type: hello.type, isManaged: false,
        epoch: hello.epoch, state: .starting(since: now)))
  }

  mutating func linkClosed(
    _ link: LinkID, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    guard let place = placeByLink[link] else { return }
    let node = nodes[place]
    if case .stopping = node.state, node.pid != nil, node.isManaged {
      // Its process ends next, and says so.
      unlink(place, because: "it stops", at: now, &directives)
    } else if node.isManaged, node.pid != nil {
      nodes[place].state = .unlinked(until: now + settings.redialTimeout)
      unlink(place, because: "its link broke", at: now, &directives)
      directives.append(.persist)
    } else {
      end(place, because: "its link broke", at: now, &directives)
    }
  }

  /// Takes a node's link away, and its requests with it.
  private mutating func unlink(
    _ place: Int, because reason: String, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    guard let link = nodes[place].link else { return }
    placeByLink[link] = nil
    nodes[place].link = nil
    let lost = nodes[place].running.sorted { $0.number < $1.number }
    nodes[place].running = []
    if nodes[place].state == .healthy { nodes[place].state = .unlinked(until: now) }
    directives.append(.closeLink(link))
    for request in lost.reversed() {
      lose(request, of: nodes[place].id, because: reason, &directives)
    }
    dispatch(&directives)
  }

  // MARK: Health

  /// Pings who is due, and gives up who has been silent, or starting, or stopping, for too long.
  mutating func watchNodes(at now: Milliseconds, _ directives: inout [Directive]) {
    // Backwards, because a node that is given up may leave the list and the last one take its
    // place.
    for place in nodes.indices.reversed() {
      let node = nodes[place]
      switch node.state {
      case .waiting: continue
      case .starting(let since) where now - since > settings.startTimeout:
        end(
          place, because: "no HELLO within \(settings.startTimeout) ms", at: now, &directives)
      case .starting: continue
      case .unlinked(let until) where now >= until:
        end(place, because: "it did not dial again", at: now, &directives)
      case .unlinked: continue
      case .stopping(let until) where now >= until:
        end(
          place, because: "killed, for it did not stop in time", at: now,
          &directives)
      case .stopping: continue
      case .healthy:
        let silence = now - node.lastHeard
        if silence > settings.healthCheckInterval * Milliseconds(settings.missedPings) {
          end(place, because: "silent for \(silence) ms", at: now, &directives)
        } else if now >= node.nextPing, let link = node.link {
          directives.append(.ping(link))
          nodes[place].nextPing = now + settings.healthCheckInterval
        }
      }
    }
  }

  // MARK: Stopping

  mutating func beginShutdown(
    grace: Milliseconds, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    guard !isShuttingDown else { return }
    isShuttingDown = true
    while let id = queue.popFirst() {
      end(id, with: WireError(.draining, "the cluster is shutting down"), &directives)
    }
    for place in nodes.indices.reversed() {
      let until = now + grace + settings.stopTimeout
      switch nodes[place].state {
      case .waiting: remove(place)
      case .starting, .unlinked:
        // No link to say it on; a launch under way is killed when its process is known.
        let node = nodes[place]
        if let pid = node.pid { directives.append(.kill(node: node.id, pid: pid)) }
        nodes[place].state = .stopping(until: until)
      case .healthy:
        if let link = nodes[place].link { directives.append(.stopNode(link, grace: grace)) }
        nodes[place].state = .stopping(until: until)
      case .stopping: continue
      }
    }
    directives.append(.persist)
  }

  // MARK: The list

  private mutating func newName(_ prefix: String) -> String {
    while true {
      named += 1
      let digits = String(named)
      let name = prefix + "-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      if placeByID[name] == nil { return name }
    }
  }

  @discardableResult
  private mutating func insert(_ node: Node) -> Int {
    placeByID[node.id] = nodes.count
    nodes.append(node)
    return nodes.count - 1
  }

  /// Takes a node out; the last one moves to its place.
  private mutating func remove(_ place: Int) {
    placeByID[nodes[place].id] = nil
    if let link = nodes[place].link { placeByLink[link] = nil }
    nodes.swapAt(place, nodes.count - 1)
    nodes.removeLast()
    guard place < nodes.count else { return }
    placeByID[nodes[place].id] = place
    if let link = nodes[place].link { placeByLink[link] = place }
  }
}
