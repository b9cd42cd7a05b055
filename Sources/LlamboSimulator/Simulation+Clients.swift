import LlamboCluster
import LlamboWire

/// Clients: they ask in their own time, in bursts, and sometimes change their minds.
extension Simulation {
  /// A client asks, and the next one is on its way.
  mutating func arrive() {
    guard isTroubled else { return }
    heap.put(.arrival, at: now + random.time(1, 2 * scenario.arrivalGap))
    submit(from: random.below(clients.count), isProbe: false)
  }

  mutating func submit(from client: Int, isProbe: Bool) {
    // Whoever asks an orchestrator that is away gets no connection, so there is no request.
    guard shell.isUp, shell.pausedUntil <= now else { return }
    let isPoison = isTroubled && random.chance(scenario[.poison])
    let request = SimulatedRequest(
      client: client, prompt: UInt32(truncatingIfNeeded: random.next()),
      seed: UInt32(truncatingIfNeeded: random.next()), length: random.within(0, scenario.tokens),
      isPoison: isPoison)
    requests.append(request)
    clientChecker.submitted(
      prompt: request.prompt, seed: request.seed, length: request.length,
      deadline: shell.clock(now) + scenario.settings.requestTimeout, isProbe: isProbe)
    slotChecker.submitted()
    boundChecker.submitted()
    handle(.submitted(RequestID(UInt64(requests.count))))
  }

  mutating func cancel(_ request: Int) {
    guard shell.isUp, clientChecker.isOpen(request) else { return }
    clientChecker.cancelled(request)
    handle(.cancelled(RequestID(UInt64(request + 1))))
  }

  /// A client is gone: nobody wants its answers.
  mutating func hangUp(_ client: Int) {
    for request in requests.indices.suffix(64) where requests[request].client == client {
      cancel(request)
    }
  }
}
