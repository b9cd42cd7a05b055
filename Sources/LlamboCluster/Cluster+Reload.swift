import LlamboWire

/// Other settings while requests run: none of them is lost.
extension Cluster {
  /// Goes on under other settings. A type whose count they change gets that many nodes, a new one
  /// its count, and those of one that is gone drain. Requests keep the timeout that they were
  /// accepted with.
  ///
  /// - Parameters:
  ///   - new: for the same cluster; the name stays.
  ///   - changed: types whose nodes run with what no longer holds, and are replaced.
  /// - Returns: the nodes that come or go at once, because of counts.
  package mutating func apply(
    _ new: ClusterSettings, rolling changed: Set<String>, at now: Milliseconds,
    into directives: inout [Directive]
  ) -> Resizing {
    self.now = now
    let old = settings
    let types = merged(new.types)
    settings = new
    settings.id = old.id
    settings.types = types
    groupByType = settings.groups
    retryBudget.share = settings.retryShare
    retryBudget.perSecond = settings.retriesPerSecond
    if settings.requestTimeout != old.requestTimeout { deadlines.append(Deque()) }
    if settings.healthCheckInterval < old.healthCheckInterval { pingSooner(at: now) }
    if settings.autoScale != old.autoScale {
      for group in scaling.indices { scaling[group] = Scaling() }
    }
    // The user's own strategy is none that settings name. One that weighs types has to learn them.
    let hasOtherTypes =
      types.map(\.name) != old.types.map(\.name)
      || types.map(\.contextSize) != old.types.map(\.contextSize)
    if let strategyName, strategyName != settings.strategy || hasOtherTypes {
      use(settings.strategy)
    }
    for (group, type) in types.enumerated().prefix(old.types.count)
    where type.name != old.types[group].name {
      scaling[group] = Scaling()
      crashLoops[group] = CrashLoop()
      served[group] = Served()
    }
    let resizing = isShuttingDown ? Resizing() : resize(from: old.types, at: now, &directives)
    for type in changed where groupByType[type] != nil { beginRoll(type, at: now, &directives) }
    roll(at: now, &directives)
    directives.append(.persist)
    launchDue(at: now, &directives)
    dispatch(&directives)
    return resizing
  }

  /// The types in the order of their groups: each keeps its own for as long as it has nodes.
  private func merged(_ new: [ClusterSettings.NodeType]) -> [ClusterSettings.NodeType] {
    var types = settings.types
    for place in types.indices where !new.contains(where: { $0.name == types[place].name }) {
      types[place].isRetired = true
      types[place].count = 0
      types[place].minNodes = 0
      types[place].maxNodes = 0
    }
    for type in new {
      if let place = types.firstIndex(where: { $0.name == type.name }) {
        types[place] = type
      } else if let place = types.indices.first(where: { types[$0].isRetired && isUnused($0) }) {
        types[place] = type
      } else {
        types.append(type)
      }
    }
    return types
  }

  /// Whether no node is in a group and nobody waits for it in particular.
  private func isUnused(_ group: Int) -> Bool {
    group < TypeMask.otherIndex && states[group].allSatisfy { $0 == 0 }
      && !requests.values.contains { $0.types != .all && $0.types.contains(group) }
  }

  private mutating func resize(
    from old: [ClusterSettings.NodeType], at now: Milliseconds, _ directives: inout [Directive]
  ) -> Resizing {
    var sum = Resizing()
    // First those that go, so that there is room for those that come.
    for type in settings.types where type.isRetired {
      for node in nodes where node.isManaged && node.type == type.name && !node.isLeaving {
        sum.drained.append(node.id)
      }
    }
    for id in sum.drained {
      drain(id, grace: settings.drainGrace, replace: false, at: now, &directives)
    }
    for type in settings.types where !type.isRetired {
      let before = old.first { $0.name == type.name && !$0.isRetired }
      guard before?.count != type.count else { continue }
      let wanted = type.count - target(of: type.name)
      let room = max(0, settings.maxNodes - nodes.count)
      if wanted > room {
        directives.append(
          .note("\(type.name) gets \(room) of \(wanted) more nodes: max_nodes is reached"))
      }
      let part = resize(type.name, by: min(wanted, room), at: now, &directives)
      sum.added += part.added
      sum.drained += part.drained
    }
    return sum
  }

  private mutating func pingSooner(at now: Milliseconds) {
    for place in nodes.indices {
      nodes[place].nextPing = min(nodes[place].nextPing, now + settings.healthCheckInterval)
    }
  }
}
