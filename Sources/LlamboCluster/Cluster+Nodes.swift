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
    guard groupByType[type] != nil else { throw unknownType(type) }
    guard nodes.count + count <= settings.maxNodes else {
      throw WireError(
        .tooManyNodes,
        "\(nodes.count + count) nodes would pass max_nodes, which is \(settings.maxNodes)")
    }
    let names = add(count, of: type, at: now)
    launchDue(at: now, &directives)
    return names
  }

  func unknownType(_ type: String) -> WireError {
    let known = settings.types.filter { !$0.isRetired }.map(\.name).joined(separator: ", ")
    return WireError(.unknownType, "unknown node type \"\(type)\"; the configuration has \(known)")
  }

  @discardableResult
  mutating func add(_ count: Int, of type: String, at now: Milliseconds) -> [String] {
    (0..<max(0, count)).map { _ in
      let id = newName("worker")
      let place = insert(
        Node(
          id: id, type: type, isManaged: true, group: group(of: type), epoch: 0,
          state: .waiting(until: now)))
      launches.insert(nodes[place].id, due: now)
      return id
    }
  }

  // MARK: Launching

  /// Launches what waits, as far as the limit on simultaneous launches allows.
  mutating func launchDue(at now: Milliseconds, _ directives: inout [Directive]) {
    guard !isShuttingDown else { return }
    while count(of: .starting(since: 0)) < settings.launchesAtOnce,
      let entry = launches.first, entry.due <= now
    {
      _ = launches.popFirst()
      guard let place = placeByID[entry.node],
        nodes[place].state == .waiting(until: entry.due)
      else { continue }
      if isHeld(nodes[place].group, at: now) {
        let due = crashLoops[nodes[place].group].heldUntil
        setState(place, .waiting(until: due))
        launches.insert(entry.node, due: due)
        continue
      }
      lastEpoch += 1
      nodes[place].epoch = lastEpoch
      nodes[place].isOutdated = false
      setState(place, .starting(since: now))
      directives.append(
        .launch(node: nodes[place].id, type: nodes[place].type, epoch: lastEpoch))
    }
  }

  mutating func launched(
    _ id: String, epoch: UInt64, pid: Int, _ directives: inout [Directive]
  ) {
    guard let place = placeByID[id], nodes[place].epoch == epoch, !nodes[place].isWaiting else {
      directives.append(.kill(node: id, pid: pid))
      return
    }
    nodes[place].pid = pid
    if case .stopping = nodes[place].state { directives.append(.kill(node: id, pid: pid)) }
    directives.append(.persist)
  }

  mutating func processEnded(
    _ id: String, epoch: UInt64, reason: String, wasKilled: Bool, at now: Milliseconds,
    _ directives: inout [Directive]
  ) {
    guard let place = placeByID[id], nodes[place].epoch == epoch, !nodes[place].isWaiting else {
      return
    }
    nodes[place].pid = nil
    end(place, because: reason, hasCrashed: !wasKilled, at: now, &directives)
  }

  /// A node's life is over: its requests go elsewhere or fail, and a managed node waits for its
  /// next life.
  ///
  /// - Parameter hasCrashed: whether what it ran may have been the cause.
  mutating func end(
    _ place: Int, because reason: String, hasCrashed: Bool = false, at now: Milliseconds,
    _ directives: inout [Directive]
  ) {
    let node = nodes[place]
    if hasCrashed, !node.isStopping { blameAll(on: place, &directives) }
    unlink(place, because: reason, hasEnded: true, at: now, &directives)
    if node.isManaged, let pid = node.pid { directives.append(.kill(node: node.id, pid: pid)) }
    letGo(place, at: now, &directives)
    if !node.isManaged || (node.isStopping && !node.isReplacedAfterDrain) || isShuttingDown
      || groupByType[node.type] == nil
    {
      directives.append(.note("\(node.id) left: \(reason)"))
      remove(place)
    } else {
      let delay = node.isStopping ? 0 : nextBackoff(place, at: now, &directives)
      if !node.isStopping {
        counters.nodesLost += 1
        nodes[place].restarts += 1
      }
      nodes[place].pid = nil
      nodes[place].isAdopted = false
      nodes[place].isReplacedAfterDrain = false
      setState(place, .waiting(until: now + delay))
      launches.insert(node.id, due: now + delay)
      let what = node.isStopping ? "has drained" : "is lost"
      directives.append(
        .note("\(node.id) \(what): \(reason); its replacement starts in \(delay) ms"))
    }
    directives.append(.persist)
    launchDue(at: now, &directives)
    dispatch(&directives)
  }

  /// Nothing after a life that was long or did some work; then doubling, with a fifth of jitter,
  /// so that many nodes that fail of one cause do not come back as one.
  private mutating func nextBackoff(
    _ place: Int, at now: Milliseconds, _ directives: inout [Directive]
  ) -> Milliseconds {
    let isStable = nodes[place].linkedSince.map { now - $0 >= settings.stableAfter } ?? false
    let wasOfUse = isStable || nodes[place].isProductive
    if wasOfUse { nodes[place].failures = 0 }
    lifeEnded(place, wasOfUse: wasOfUse, at: now, &directives)
    nodes[place].linkedSince = nil
    nodes[place].isProductive = false
    nodes[place].failures += 1
    guard nodes[place].failures > 1 else { return 0 }
    return backoff(after: nodes[place].failures - 1)
  }

  /// - Parameter count: from 1.
  mutating func backoff(after count: Int) -> Milliseconds {
    let doublings = Milliseconds(min(count - 1, 20))
    let delay = min(settings.backoffFirst << doublings, settings.backoffMost)
    return delay - delay / 5 + Milliseconds.random(in: 0...delay / 5, using: &random)
  }

  // MARK: The list

  func group(of type: String) -> Int { groupByType[type] ?? TypeMask.otherIndex }

  /// How many nodes are in a state; its time does not matter.
  func count(of state: Node.State) -> Int {
    states.reduce(0) { $0 + $1[state.index] }
  }

  mutating func setState(_ place: Int, _ state: Node.State) {
    let old = nodes[place].state
    let group = nodes[place].group
    states[group][old.index] -= 1
    states[group][state.index] += 1
    nodes[place].state = state
    refresh(place)
    if old != .healthy, state == .healthy {
      strategy.joined(nodes[place].id, type: group, at: place)
    } else if old == .healthy, state != .healthy {
      strategy.left(nodes[place].id, type: group, at: place)
    }
  }

  private mutating func newName(_ prefix: String) -> String {
    while true {
      let name = nextName(prefix)
      if placeByID[name] == nil { return name }
    }
  }

  private mutating func nextName(_ prefix: String) -> String {
    named += 1
    let digits = String(named)
    return prefix + "-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  mutating func newGuestName() -> String { newName("guest") }

  @discardableResult
  mutating func insert(_ node: Node) -> Int {
    placeByID[node.id] = nodes.count
    nodes.append(node)
    states[node.group][node.state.index] += 1
    free.grow(to: nodes.count)
    return nodes.count - 1
  }

  /// Takes a node out that serves nothing; the last one moves to its place.
  mutating func remove(_ place: Int) {
    let gone = nodes[place]
    if gone.state == .healthy { strategy.left(gone.id, type: gone.group, at: place) }
    placeByID[gone.id] = nil
    if let link = gone.link { placeByLink[link] = nil }
    states[gone.group][gone.state.index] -= 1
    free.remove(place)
    nodes.swapAt(place, nodes.count - 1)
    nodes.removeLast()
    guard place < nodes.count else { return }
    let moved = nodes[place]
    placeByID[moved.id] = place
    if let link = moved.link { placeByLink[link] = place }
    strategy.moved(moved.id, type: moved.group, from: nodes.count, to: place)
    for id in moved.running.members where state(of: id)?.link == moved.link {
      requests[id]!.place = place
    }
  }
}
