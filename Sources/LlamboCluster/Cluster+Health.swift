import LlamboWire

/// Health is progress: a node that answers pings and yields no token of what it holds is ejected like
/// one that is silent.
extension Cluster {
  mutating func heard(on link: LinkID, at now: Milliseconds) {
    guard let place = placeByLink[link] else { return }
    nodes[place].lastHeard = watched
    nodes[place].unansweredPings = 0
  }

  /// Pings who is due, and gives up who has been silent, without progress, starting, or stopping for
  /// too long.
  mutating func watchNodes(at now: Milliseconds, _ directives: inout [Directive]) {
    if now > lastTick { watched += min(now - lastTick, settings.longestTick) }
    lastTick = now
    // Backwards, because a node that is given up may leave the list and the last one take its
    // place.
    for place in nodes.indices.reversed() {
      switch nodes[place].state {
      case .waiting: continue
      case .starting(let since):
        if now - since > settings.startTimeout {
          end(
            place, because: "no HELLO within \(settings.startTimeout) ms", at: now, &directives)
        }
      case .unlinked(let until):
        if now >= until {
          end(place, because: "it did not dial again", hasCrashed: true, at: now, &directives)
        }
      case .stopping(let until):
        if now >= until {
          end(place, because: "killed, for it did not stop in time", at: now, &directives)
        }
      case .draining(let until):
        if now >= until + settings.stopTimeout {
          end(place, because: "killed, for it did not stop in time", at: now, &directives)
        } else if now >= until {
          endDrain(place, stopBy: until + settings.stopTimeout, &directives)
        } else if !isShuttingDown {
          watchDraining(place, at: now, &directives)
        }
      case .ejected(let until):
        if now >= until {
          setState(place, .healthy)
          directives.append(.note("\(nodes[place].id) is used again"))
          dispatch(&directives)
        }
        watchLinked(place, at: now, &directives)
      case .healthy:
        watchLinked(place, at: now, &directives)
      }
    }
  }

  private mutating func watchLinked(
    _ place: Int, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    if let trouble = trouble(of: place, at: now) {
      if mayEject(place) { return eject(place, because: trouble, at: now, &directives) }
      if !nodes[place].isSpared {
        nodes[place].isSpared = true
        directives.append(
          .note("\(nodes[place].id) is kept, for too few others are left: \(trouble)"))
      }
    } else {
      nodes[place].isSpared = false
    }
    pingIfDue(place, at: now, &directives)
  }

  /// A node that drains and stalls hands over what it runs at once: to wait for the end of its grace
  /// would cost those requests their time.
  private mutating func watchDraining(
    _ place: Int, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    guard let trouble = trouble(of: place, at: now) else {
      return pingIfDue(place, at: now, &directives)
    }
    counters.ejections += 1
    directives.append(.note("\(nodes[place].id) drains no further: \(trouble)"))
    endDrain(place, stopBy: now + settings.stopTimeout, &directives)
  }

  private mutating func pingIfDue(
    _ place: Int, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    guard let link = nodes[place].link, now >= nodes[place].nextPing else { return }
    directives.append(.ping(link))
    nodes[place].nextPing = now + settings.healthCheckInterval
    nodes[place].unansweredPings += 1
  }

  private func trouble(of place: Int, at now: Milliseconds) -> String? {
    let node = nodes[place]
    let silence = watched - node.lastHeard
    // Only who was asked can be silent: after a pause of this process itself nobody was.
    if silence > settings.silenceTimeout, node.unansweredPings >= settings.missedPings {
      return "silent for \(silence) ms"
    }
    let idle = watched - node.lastProgress
    return !node.running.isEmpty && idle > allowance(of: place)
      ? "no progress for \(idle) ms" : nil
  }

  /// Milliseconds that a node may hold work without progress: longer while it computes prompts, in
  /// proportion to their length, and longer before its first token, while the model's pages come
  /// in.
  func allowance(of place: Int) -> Milliseconds {
    let node = nodes[place]
    return settings.stallTimeout
      + Milliseconds(node.prefillTokens) * settings.prefillAllowance
      + (node.isProductive ? 0 : settings.warmUpAllowance)
  }

  // MARK: Ejection

  private mutating func eject(
    _ place: Int, because reason: String, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    counters.ejections += 1
    if !nodes[place].isManaged { remember(nodes[place].id, at: now) }
    // What it ran is not blamed: slowness has many causes, and `max_retries` bounds the harm.
    end(place, because: reason, at: now, &directives)
  }

  /// Whether half of a type's nodes would still serve; one may always go. Below that a node is used
  /// on: a bad one is better than none, and what looks like many bad nodes is more likely one bad
  /// cause.
  private func mayEject(_ place: Int) -> Bool {
    let count = states[nodes[place].group]
    let leaving =
      count[Node.State.draining(until: 0).index] + count[Node.State.stopping(until: 0).index]
    let total = count.reduce(0, +) - leaving
    let healthy = count[Node.State.healthy.index] - (nodes[place].state == .healthy ? 1 : 0)
    return total - healthy <= max(1, Int(Double(total) * (1 - settings.panicShare)))
  }

  // MARK: Guests that come back

  /// How often a guest was ejected, and until when it gets no work.
  struct Ejection: Sendable {
    var count = 0
    var until: Milliseconds = 0
  }

  /// Takes note of a guest's ejection: its process cannot be replaced, so it is left out for a
  /// while that grows each time.
  private mutating func remember(_ id: String, at now: Milliseconds) {
    var ejection = ejections[id] ?? Ejection()
    if now - ejection.until > settings.ejectionMemory { ejection.count = 0 }
    ejection.count += 1
    ejection.until = now + backoff(after: ejection.count)
    if ejections.count >= settings.ejectionsLimit {
      let oldest = ejections.min { ($0.value.until, $0.key) < ($1.value.until, $1.key) }
      if let oldest { ejections[oldest.key] = nil }
    }
    ejections[id] = ejection
  }

  /// What a node that joins is at first.
  func stateOnJoining(_ id: String, at now: Milliseconds) -> Node.State {
    guard let until = ejections[id]?.until, until > now else { return .healthy }
    return .ejected(until: until)
  }

  // MARK: Types that crash again and again

  /// Lives of one type that ended, one after the other, without having done any work.
  struct CrashLoop: Sendable {
    var count = 0
    /// Nothing of the type is launched before that time.
    var heldUntil: Milliseconds = 0
  }

  /// A managed node's life is over.
  mutating func lifeEnded(
    _ place: Int, wasOfUse: Bool, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    let group = nodes[place].group
    if wasOfUse {
      crashLoops[group] = CrashLoop()
      return
    }
    crashLoops[group].count += 1
    let beyond = crashLoops[group].count - settings.crashLoopLimit
    guard beyond >= 0 else { return }
    let delay = min(settings.holdFirst << Milliseconds(min(beyond, 20)), settings.holdMost)
    crashLoops[group].heldUntil = now + delay
    directives.append(
      .note(
        "\(crashLoops[group].count) nodes of type \(nodes[place].type) in a row ended without "
          + "having served: none is started for \(delay) ms"))
  }

  /// Whether a type's launches wait. When the time is over they go on, and one more failure holds
  /// them for longer.
  func isHeld(_ group: Int, at now: Milliseconds) -> Bool { crashLoops[group].heldUntil > now }
}
