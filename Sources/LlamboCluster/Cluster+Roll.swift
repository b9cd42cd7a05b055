import LlamboWire

/// A type that has changed: its nodes are exchanged for new ones, a few at a time. A new one comes
/// first, and when it serves the old one drains, so that no slot is missed meanwhile and a type
/// that does not come up keeps its old nodes.
extension Cluster {
  /// Marks a type's nodes as those to be exchanged.
  mutating func beginRoll(
    _ type: String, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    // What failed may have been the cause of the change.
    crashLoops[group(of: type)] = CrashLoop()
    for place in nodes.indices where nodes[place].isManaged && nodes[place].type == type {
      nodes[place].failures = 0
      if nodes[place].isWaiting {
        setState(place, .waiting(until: now))
        launches.insert(nodes[place].id, due: now)
      } else {
        nodes[place].isOutdated = true
      }
    }
    rolling.insert(type)
    directives.append(.note("\(type) has changed: its nodes are exchanged"))
  }

  /// Takes each exchange one step on.
  mutating func roll(at now: Milliseconds, _ directives: inout [Directive]) {
    guard !rolling.isEmpty, !isShuttingDown else { return }
    for type in rolling.sorted() { roll(type, at: now, &directives) }
  }

  private mutating func roll(
    _ type: String, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    let own = nodes.filter { $0.isManaged && $0.type == type }
    for node in own where node.state == .healthy {
      guard let old = node.replaces, let place = placeByID[node.id] else { continue }
      nodes[place].replaces = nil
      drain(old, grace: settings.drainGrace, replace: false, at: now, &directives)
    }
    let awaited = Set(own.filter { $0.state != .healthy }.compactMap(\.replaces))
    let outdated = own.filter {
      $0.isOutdated && placeByID[$0.id].map { !nodes[$0].isStopping } ?? false
    }
    if outdated.isEmpty, awaited.isEmpty {
      rolling.remove(type)
      return directives.append(.note("\(type) has new nodes"))
    }
    var underWay = awaited.count + own.count { $0.isStopping && $0.isReplacedAfterDrain }
    for node in outdated where !awaited.contains(node.id) {
      // Few at a time, so that those who start leave the others enough of the machine.
      guard underWay < max(1, Int(Double(outdated.count) * settings.rollShare)) else { break }
      if nodes.count < settings.maxNodes {
        let new = add(1, of: type, at: now)[0]
        nodes[placeByID[new]!].replaces = node.id
        underWay += 1
      } else if underWay == 0 {
        // Without room for one more the old one has to go first.
        drain(node.id, grace: settings.drainGrace, replace: true, at: now, &directives)
        underWay += 1
      }
    }
    launchDue(at: now, &directives)
  }

  /// A node is to leave for good: the one that was to take its place is not wanted any more.
  mutating func withdrawReplacement(
    of id: String, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    guard !rolling.isEmpty, let place = nodes.firstIndex(where: { $0.replaces == id }) else {
      return
    }
    nodes[place].replaces = nil
    drain(nodes[place].id, grace: settings.drainGrace, replace: false, at: now, &directives)
  }
}
