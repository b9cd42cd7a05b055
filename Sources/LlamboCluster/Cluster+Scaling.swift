import LlamboWire

/// Autoscaling: each node type grows and shrinks with the share of its slots that is taken or waited
/// for, smoothed; the step is a factor, as the Horizontal Pod Autoscaler's (kubernetes.io) is a ratio.
extension Cluster {
  /// What the autoscaler knows of one type.
  struct Scaling: Sendable {
    /// Busy and wanted slots, as a share of all; forgotten with each change.
    var utilization = SmoothedValue()
    var lastLook: Milliseconds = 0
    var lastChange: Milliseconds?
    var grewLast = false
    /// Since when the type has had nothing to do.
    var idleSince: Milliseconds?
  }

  /// Looks at every type, once an interval.
  mutating func scale(at now: Milliseconds, _ directives: inout [Directive]) {
    guard settings.autoScale, !isShuttingDown else { return }
    for group in settings.types.indices.prefix(TypeMask.otherIndex) {
      let span = now - scaling[group].lastLook
      guard span >= settings.scaleInterval else { continue }
      scaling[group].lastLook = now
      keepLeast(group, at: now, &directives)
      look(at: group, span: min(span, 2 * settings.scaleInterval), at: now, &directives)
    }
    wake(at: now, &directives)
  }

  /// A type's nodes that serve or will.
  func size(of group: Int) -> Int {
    let count = states[group]
    return count.reduce(0, +) - count[Node.State.draining(until: 0).index]
      - count[Node.State.stopping(until: 0).index]
  }

  private func mostNodes(of group: Int) -> Int {
    min(settings.types[group].maxNodes, settings.maxNodes)
  }

  /// Whether a type may get nodes that it does not have.
  func canScale(_ group: Int) -> Bool {
    settings.autoScale && group < settings.types.count && group < TypeMask.otherIndex
      && mostNodes(of: group) > 0
  }

  /// Where requests wait that nobody can serve, one node of a type that could is launched.
  mutating func wake(at now: Milliseconds, _ directives: inout [Directive]) {
    guard settings.autoScale, !isShuttingDown else { return }
    for demand in waiting.demands where demand.count > 0 {
      let types = (0...TypeMask.otherIndex).filter { demand.types.contains($0) }
      guard !types.contains(where: { size(of: $0) > 0 }),
        let group = types.first(where: { canScale($0) }), nodes.count < settings.maxNodes
      else { continue }
      grow(group, by: 1, because: "requests wait", at: now, &directives)
    }
  }

  private mutating func keepLeast(
    _ group: Int, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    let total = settings.types.indices.prefix(TypeMask.otherIndex).reduce(0) { $0 + size(of: $1) }
    // The cluster's own least is the first type's business.
    let missing = max(
      settings.types[group].minNodes - size(of: group), group == 0 ? settings.minNodes - total : 0)
    let room = min(mostNodes(of: group) - size(of: group), settings.maxNodes - nodes.count)
    if min(missing, room) > 0 {
      grow(group, by: min(missing, room), because: "the least", at: now, &directives)
    }
  }

  private mutating func look(
    at group: Int, span: Milliseconds, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    let count = states[group]
    let load = free.load(ofType: group)
    let isSettled =
      count[Node.State.waiting(until: 0).index] == 0
      && count[Node.State.starting(since: 0).index] == 0
    // Without a node that serves there is nothing to go by, and while nodes are exchanged for
    // others the size is not the load's business.
    guard load.slots > 0, isSettled, !rolling.contains(settings.types[group].name) else { return }
    let wanted = load.running + waiters(for: group)
    if wanted > 0 {
      scaling[group].idleSince = nil
    } else if scaling[group].idleSince == nil {
      scaling[group].idleSince = now
    }
    let share = min(Double(wanted) / Double(load.slots), 2)
    scaling[group].utilization.add(share, over: span, window: settings.scaleWindow)
    guard scaling[group].utilization.seen >= settings.scaleWindow,
      let utilization = scaling[group].utilization.value
    else { return }
    if utilization > settings.scaleUpThreshold {
      growIfFree(group, utilization, at: now, &directives)
    } else if utilization < settings.scaleDownThreshold {
      shrinkIfFree(group, utilization, at: now, &directives)
    }
  }

  /// Those who wait for this type: where several would do, the first that has nodes counts.
  private func waiters(for group: Int) -> Int {
    waiting.demands.reduce(0) { sum, demand in
      let first = (0...TypeMask.otherIndex).first {
        demand.types.contains($0) && free.load(ofType: $0).slots > 0
      }
      return first == group ? sum + demand.count : sum
    }
  }

  private mutating func growIfFree(
    _ group: Int, _ utilization: Double, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    let size = size(of: group)
    // Growing on is free once the last step serves; turning round waits for the cooldown.
    guard isCool(group, growing: true, at: now) else { return }
    let wanted = max(size + 1, Int(Double(size) * settings.scaleFactor))
    let more = min(
      wanted - size, mostNodes(of: group) - size, settings.maxNodes - nodes.count)
    guard more > 0 else { return }
    grow(group, by: more, because: "\(percent(utilization)) of its slots", at: now, &directives)
  }

  private mutating func shrinkIfFree(
    _ group: Int, _ utilization: Double, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    let size = size(of: group)
    guard isCool(group, growing: false, at: now) else { return }
    var wanted = min(size - 1, Int(Double(size) / settings.scaleFactor))
    // The last node goes only after a whole cooldown with nothing to do.
    let isIdle = scaling[group].idleSince.map { now - $0 >= settings.scaleDownCooldown } ?? false
    if wanted == 0, !isIdle { wanted = 1 }
    let total = settings.types.indices.prefix(TypeMask.otherIndex).reduce(0) {
      $0 + self.size(of: $1)
    }
    let least = max(settings.types[group].minNodes, settings.minNodes - (total - size))
    let fewer = size - max(wanted, least)
    guard fewer > 0 else { return }
    changed(group, grew: false, at: now)
    directives.append(
      .note(
        "\(settings.types[group].name) shrinks by \(fewer) to \(size - fewer): "
          + "\(percent(utilization)) of its slots are wanted"))
    let candidates = nodes.filter { $0.group == group && $0.isManaged && !$0.isStopping }
    for id in idlest(fewer, of: candidates) {
      drain(id, grace: settings.drainGrace, replace: false, at: now, &directives)
    }
  }

  /// Whether a type may change in that direction now.
  private func isCool(_ group: Int, growing: Bool, at now: Milliseconds) -> Bool {
    guard let last = scaling[group].lastChange else { return true }
    if growing { return scaling[group].grewLast || now - last >= settings.scaleUpCooldown }
    return now - last >= settings.scaleDownCooldown
  }

  private mutating func grow(
    _ group: Int, by count: Int, because reason: String, at now: Milliseconds,
    _ directives: inout [Directive]
  ) {
    changed(group, grew: true, at: now)
    let name = settings.types[group].name
    directives.append(.note("\(name) grows by \(count) to \(size(of: group) + count): \(reason)"))
    add(count, of: name, at: now)
    launchDue(at: now, &directives)
  }

  mutating func changed(_ group: Int, grew: Bool, at now: Milliseconds) {
    scaling[group].utilization = SmoothedValue()
    scaling[group].lastChange = now
    scaling[group].grewLast = grew
    scaling[group].idleSince = nil
  }

  private func percent(_ share: Double) -> String { "\(Int(share * 100)) %" }
}
