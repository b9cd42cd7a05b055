import LlamboCluster
import LlamboWire

/// One client's request that several nodes answer at once.
struct SimulatedFusion {
  /// Places in the list of requests.
  let members: [Int]
  var fusion: Fusion
}

/// Fused requests, as the orchestrator's shell passes them through `Fusion`.
extension Simulation {
  /// Members begin alike, and then each goes one of a few ways, so that some agree.
  mutating func submitFused(from client: Int, as fused: FusionRequest? = nil, isProbe: Bool) {
    guard shell.isUp, shell.pausedUntil <= now else { return }
    let modes = FusionMode.allCases
    let mode = modes[random.below(modes.count)]
    let nodes = random.chance(50) ? FusionRequest.sizes.upperBound : random.within(2, 5)
    let quorum = mode == .quorum && random.chance(500) ? random.within(1, nodes) : nil
    let request = fused ?? FusionRequest(mode, nodes: nodes, quorum: quorum)
    let prompt = UInt32(truncatingIfNeeded: random.next())
    let seed = UInt32(truncatingIfNeeded: random.next())
    let isPoison = isTroubled && random.chance(scenario[.poison])
    let lengths = (0..<3).map { _ in random.within(0, scenario.tokens) }
    let common = random.within(0, scenario.tokens)
    var members: [SimulatedRequest] = []
    for member in 0..<request.nodes {
      // Where all have one seed they say the same, but for a rounding now and then.
      let strays = random.chance(request.mode == .fastest ? 100 : 500)
      let way = strays ? random.within(1, 2) : 0
      let length = max(lengths[way], common)
      members.append(
        SimulatedRequest(
          client: client, type: -1, prompt: prompt, seed: seed &+ UInt32(way), length: length,
          isPoison: isPoison, fusion: fusions.count, member: member, commonLength: common,
          commonSeed: seed))
    }
    let first = requests.count
    fusions.append(
      SimulatedFusion(
        members: Array(first..<first + members.count),
        fusion: Fusion(meddler.fused?(request) ?? request)))
    fusionChecker.submitted(
      request, members, deadline: shell.clock(now) + scenario.settings.requestTimeout,
      isProbe: isProbe)
    for member in members { add(member, isProbe: isProbe) }
    // One that is refused may end the whole before the last is asked.
    let number = FusionID(UInt64(fusions.count))
    for member in first..<first + members.count {
      if clientChecker.isCancelled(member) {
        withdraw(member)
      } else {
        ask(member, fusion: number)
      }
    }
  }

  /// The client wants no more of it.
  mutating func cancelFusion(_ place: Int) {
    guard !fusions[place].fusion.isOver else { return }
    fusionChecker.cancelled(place)
    var actions: [Fusion.Action] = []
    fusions[place].fusion.cancel(into: &actions)
    perform(actions, of: place)
  }

  // MARK: What members send

  mutating func memberSent(_ request: Int, index: Int, token: Int32) {
    guard let place = requests[request].fusion else { return }
    var actions: [Fusion.Action] = []
    fusions[place].fusion.token(
      TokenLine(index: index, token: token, text: SimulatedRequest.text(of: token)),
      of: requests[request].member, into: &actions)
    perform(actions, of: place)
  }

  mutating func memberFinished(_ request: Int, count: Int, isCancelled: Bool) {
    guard let place = requests[request].fusion else { return }
    var actions: [Fusion.Action] = []
    let asked = requests[request]
    if isCancelled, !clientChecker.isCancelled(request) { fusionChecker.memberFailed(place) }
    fusions[place].fusion.finished(
      Completion(
        text: asked.text, tokenCount: count, promptTokens: 1, completionTime: 1, firstTokenTime: 1,
        finishReason: isCancelled ? .cancelled : .stop, meanLogProbability: asked.likelihood,
        node: "a node"), member: asked.member, into: &actions)
    perform(actions, of: place)
  }

  mutating func memberFailed(_ request: Int, _ error: WireError) {
    guard let place = requests[request].fusion else { return }
    fusionChecker.memberFailed(place)
    var actions: [Fusion.Action] = []
    fusions[place].fusion.failed(error, member: requests[request].member, into: &actions)
    perform(actions, of: place)
  }

  // MARK: What comes of it

  private mutating func perform(_ planned: [Fusion.Action], of place: Int) {
    var actions = planned
    meddler.fusion?(&actions)
    var unneeded: [Int] = []
    for action in actions {
      switch action {
      case .show(let line): fusionChecker.shown(place, line, &violations)
      case .cancel(let member): unneeded.append(fusions[place].members[member])
      case .finish(let answer): fusionChecker.finished(place, answer, &violations)
      case .fail(let error): fusionChecker.failed(place, error, &violations)
      }
    }
    // All of them first, for what the cluster does about one may end another.
    unneeded.removeAll { !clientChecker.isOpen($0) }
    for request in unneeded { clientChecker.cancelled(request) }
    for request in unneeded { handle(.cancelled(RequestID(UInt64(request + 1)))) }
    guard fusions[place].fusion.isOver else { return }
    for request in fusions[place].members
    where clientChecker.isOpen(request) && !clientChecker.isCancelled(request) {
      fusionChecker.leftRunning(place, request: request, &violations)
    }
  }
}
