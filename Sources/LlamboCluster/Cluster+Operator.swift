import LlamboWire

/// What an operator asks for, of a node or of a type, by its name.
extension Cluster {
  /// Nodes that a change of a type's size brings, and those that it takes away.
  package struct Resizing: Equatable, Sendable {
    package var added: [String] = []
    package var drained: [String] = []
  }

  /// The nodes of a type that the cluster launches and means to keep.
  package func target(of type: String) -> Int { staying(of: type).count }

  /// Ends a node at once. What it runs goes on elsewhere, and nothing takes its place.
  mutating func stop(_ id: String, at now: Milliseconds, _ directives: inout [Directive]) {
    withdrawReplacement(of: id, at: now, &directives)
    guard let place = placeByID[id] else { return }
    directives.append(.persist)
    if nodes[place].isWaiting { return remove(place) }
    nodes[place].isReplacedAfterDrain = false
    endDrain(place, stopBy: now + settings.stopTimeout, &directives)
    if nodes[place].isManaged {
      // Nothing that it does is of use any more, and what stands still would not hear.
      if let pid = nodes[place].pid { directives.append(.kill(node: id, pid: pid)) }
    } else if let link = nodes[place].link {
      directives.append(.stopNode(link, grace: 0))
    }
  }

  /// Sets how many nodes of a type there are to be. More are launched; of too many the idlest drain.
  ///
  /// - Throws: `unknown_type`, `too_many_nodes`, `out_of_range` outside the bounds of a type that
  ///   scales itself, or `draining` during shutdown.
  package mutating func scale(
    _ type: String, to count: Int, at now: Milliseconds, into directives: inout [Directive]
  ) throws(WireError) -> Resizing {
    guard !isShuttingDown else { throw WireError(.draining, "the cluster is shutting down") }
    guard groupByType[type] != nil, let own = settings.types.first(where: { $0.name == type })
    else { throw unknownType(type) }
    if settings.autoScale, count < own.minNodes || count > own.maxNodes {
      let most = own.maxNodes == .max ? "any number of" : "\(own.maxNodes)"
      throw WireError(
        .outOfRange,
        "\(type) scales itself between \(own.minNodes) and \(most) nodes: change its min_nodes or "
          + "max_nodes")
    }
    let more = count - target(of: type)
    guard more <= 0 || nodes.count + more <= settings.maxNodes else {
      throw WireError(
        .tooManyNodes,
        "\(nodes.count + more) nodes would pass max_nodes, which is \(settings.maxNodes)")
    }
    return resize(type, by: more, at: now, &directives)
  }

  mutating func resize(
    _ type: String, by more: Int, at now: Milliseconds, _ directives: inout [Directive]
  ) -> Resizing {
    guard more != 0 else { return Resizing() }
    changed(group(of: type), grew: more > 0, at: now)
    if more > 0 {
      let added = add(more, of: type, at: now)
      launchDue(at: now, &directives)
      directives.append(.persist)
      return Resizing(added: added)
    }
    let drained = idlest(-more, of: staying(of: type))
    for id in drained {
      drain(id, grace: settings.drainGrace, replace: false, at: now, &directives)
    }
    return Resizing(drained: drained)
  }

  /// A type's nodes that this cluster launches and that stay; a node that is to take another's
  /// place counts as that one until it is gone.
  private func staying(of type: String) -> [Node] {
    nodes.filter { node in
      guard node.isManaged, node.type == type, !node.isLeaving else { return false }
      guard let old = node.replaces, let place = placeByID[old] else { return true }
      return nodes[place].isLeaving
    }
  }

  /// Those that are missed least: first who drains already, then who does not serve yet, then who
  /// serves few, and of these the youngest.
  func idlest(_ count: Int, of nodes: [Node]) -> [String] {
    nodes.sorted { left, right in
      let first = (left.isStopping ? 0 : 1, left.state == .healthy ? 1 : 0, left.running.count)
      let second = (right.isStopping ? 0 : 1, right.state == .healthy ? 1 : 0, right.running.count)
      return first != second ? first < second : (left.epoch, left.id) > (right.epoch, right.id)
    }.prefix(count).map(\.id)
  }

  // MARK: What the strategy chose

  /// What a group of nodes served.
  package struct Served: Equatable, Sendable {
    /// How often the strategy chose one of them.
    package var picks: UInt64 = 0
    /// Requests that ended well.
    package var requests: UInt64 = 0
  }

  /// A type's part of the work, that of nodes which are gone included.
  package func served(by type: String) -> Served { served[group(of: type)] }

  /// All choices of the strategies so far.
  package var picks: UInt64 { served.reduce(0) { $0 + $1.picks } }
}
