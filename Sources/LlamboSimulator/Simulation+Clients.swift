import LlamboCluster
import LlamboWire

/// Clients: they ask in their own time, in bursts, and sometimes change their minds.
extension Simulation {
  /// A client asks, and the next one is on its way.
  mutating func arrive() {
    guard isTroubled else { return }
    heap.put(.arrival, at: now + random.time(1, 2 * scenario.arrivalGap))
    let client = random.below(clients.count)
    if random.chance(scenario.fusedShare) {
      submitFused(from: client, isProbe: false)
    } else {
      submit(from: client, isProbe: false)
    }
  }

  mutating func submit(from client: Int, isProbe: Bool) {
    // Whoever asks an orchestrator that is away gets no connection, so there is no request.
    guard shell.isUp, shell.pausedUntil <= now else { return }
    let isPoison = isTroubled && random.chance(scenario[.poison])
    let types = scenario.settings.types
    let type = types.count > 1 && !isProbe && random.chance(200) ? random.below(types.count) : -1
    let request = SimulatedRequest(
      client: client, type: type, prompt: UInt32(truncatingIfNeeded: random.next()),
      seed: UInt32(truncatingIfNeeded: random.next()), length: random.within(0, scenario.tokens),
      isPoison: isPoison)
    add(request, isProbe: isProbe)
    ask(requests.count - 1)
  }

  /// Takes note of a request before it is asked.
  mutating func add(_ request: SimulatedRequest, isProbe: Bool) {
    requests.append(request)
    clientChecker.submitted(
      request, deadline: shell.clock(now) + scenario.settings.requestTimeout, isProbe: isProbe)
    slotChecker.submitted()
    boundChecker.added()
    idleChecker.submitted(type: request.type)
    fairnessChecker?.submitted(from: request.client, in: request.type + 1)
  }

  /// A request that is not asked in the end.
  mutating func withdraw(_ place: Int) {
    clientChecker.withdrawn(place)
    idleChecker.ended(place)
    fairnessChecker?.ended(place)
  }

  mutating func ask(_ place: Int, fusion: FusionID? = nil) {
    let request = requests[place]
    boundChecker.asked(place)
    let types = scenario.settings.types
    handle(
      .submitted(
        RequestID(UInt64(place + 1)),
        Submission(
          client: ClientID(UInt64(request.client)), prompt: digest(of: request.prompt),
          type: request.type < 0 ? nil : types[request.type].name, fusion: fusion)))
  }

  /// Some prompts are short, some long; many begin like others.
  private func digest(of prompt: UInt32) -> PromptDigest {
    var digest = PromptDigest()
    digest.length = 40 << Int(prompt & 7)
    digest.maxTokens = scenario.tokens
    digest.kind = PromptDigest.Class.allCases[Int(prompt >> 3 & 3)]
    let beginning = UInt64(prompt >> 5 & 7)
    var part = 0
    while part < PromptDigest.prefixLimit, PromptDigest.boundary(part) <= digest.length {
      digest.prefixes.append(beginning &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(part))
      part += 1
    }
    return digest
  }

  mutating func cancel(_ request: Int) {
    guard shell.isUp, clientChecker.isOpen(request) else { return }
    if let fusion = requests[request].fusion { return cancelFusion(fusion) }
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
