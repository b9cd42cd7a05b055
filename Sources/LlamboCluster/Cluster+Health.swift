import LlamboWire

extension Cluster {
  mutating func heard(on link: LinkID, at now: Milliseconds) {
    guard let place = placeByLink[link] else { return }
    nodes[place].lastHeard = now
    nodes[place].unansweredPings = 0
  }

  /// Pings who is due, and gives up who has been silent, or starting, or stopping, for too long.
  mutating func watchNodes(at now: Milliseconds, _ directives: inout [Directive]) {
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
        }
      case .healthy, .ejected:
        watchLinked(place, at: now, &directives)
      }
    }
  }

  private mutating func watchLinked(
    _ place: Int, at now: Milliseconds, _ directives: inout [Directive]
  ) {
    let silence = now - nodes[place].lastHeard
    // Only who was asked can be silent: after a pause of this process itself nobody was.
    if silence > settings.healthCheckInterval * Milliseconds(settings.missedPings),
      nodes[place].unansweredPings >= settings.missedPings
    {
      end(place, because: "silent for \(silence) ms", hasCrashed: true, at: now, &directives)
    } else if now >= nodes[place].nextPing, let link = nodes[place].link {
      directives.append(.ping(link))
      nodes[place].nextPing = now + settings.healthCheckInterval
      nodes[place].unansweredPings += 1
    }
  }
}
