import LlamboCluster
import LlamboIO
import LlamboJSON
import LlamboWire

/// A client's request that several nodes answer at once.
final class FusedRelay {
  let session: Session
  let id: String?
  /// What the client knows it by.
  let number: UInt64
  /// Its members' requests, in their order.
  let members: [RequestID]
  /// Whether the client asked for log-probabilities; the fusion may need them where it did not.
  let showsLikelihood: Bool
  var fusion: Fusion

  init(
    session: Session, id: String?, number: UInt64, request: FusionRequest, showsLikelihood: Bool
  ) {
    self.session = session
    self.id = id
    self.number = number
    members = (1...UInt64(request.nodes)).map { RequestID(number + $0) }
    self.showsLikelihood = showsLikelihood
    fusion = Fusion(request)
  }
}

/// One node's part in a fused request.
struct FusionMember {
  let whole: FusedRelay
  /// Its place among the members.
  let place: Int
  /// Its own line. What comes back goes to the whole.
  let relay: Relay
}

/// Cognitive fusion: each member is a request of the cluster, which keeps them on different nodes
/// where there are enough; what they send goes through `Fusion` to the one client.
extension Orchestrator {
  /// - Throws: what `Session.begin` throws.
  func submit(
    _ request: GenerationRequest, fusedAs fusion: FusionRequest, id: String?, for session: Session
  ) throws(WireError) {
    let number = lastRequest + 1
    try session.begin(id, as: number)
    lastRequest = number + UInt64(fusion.nodes)
    let whole = FusedRelay(
      session: session, id: id, number: number, request: fusion,
      showsLikelihood: request.logprobs != nil)
    fusions[number] = whole
    let seed = request.seed ?? cluster.newSeed()
    for (place, member) in whole.members.enumerated() {
      var own = request
      own.fusion = nil
      own.seed = whole.fusion.seed(of: place, from: seed)
      if fusion.mode.needsLikelihood { own.logprobs = own.logprobs ?? 0 }
      members[member] = FusionMember(
        whole: whole, place: place,
        relay: Relay(
          session: session, id: id, verb: own.verb, body: Array(own.body.description.utf8),
          needsSeed: false))
    }
    let submission = Submission(
      client: client(of: session), prompt: PromptDigest(request), fusion: FusionID(number))
    // Those that are refused may end the whole before its last members are asked.
    for member in whole.members where members[member] != nil {
      post(.submitted(member, submission))
    }
  }

  /// The client of a request wants no more of it, or is gone.
  func cancel(_ number: UInt64) {
    guard let whole = fusions[number] else { return post(.cancelled(RequestID(number))) }
    var actions: [Fusion.Action] = []
    whole.fusion.cancel(into: &actions)
    perform(actions, of: whole)
  }

  // MARK: What members send

  func memberSent(_ request: RequestID, token body: Span<UInt8>) {
    guard let member = members[request], let line = TokenLine(body: body) else { return }
    var actions: [Fusion.Action] = []
    member.whole.fusion.token(line, of: member.place, into: &actions)
    perform(actions, of: member.whole)
  }

  func memberFinished(_ request: RequestID, _ body: JSON?) {
    guard let member = members.removeValue(forKey: request) else { return }
    var actions: [Fusion.Action] = []
    do throws(WireError) {
      let answer = try Completion(body: body ?? .null)
      member.whole.fusion.finished(answer, member: member.place, into: &actions)
    } catch {
      member.whole.fusion.failed(error, member: member.place, into: &actions)
    }
    perform(actions, of: member.whole)
  }

  /// - Returns: whether the request was a fusion's.
  func memberFailed(_ request: RequestID, _ error: WireError) -> Bool {
    guard let member = members.removeValue(forKey: request) else { return false }
    var actions: [Fusion.Action] = []
    member.whole.fusion.failed(error, member: member.place, into: &actions)
    perform(actions, of: member.whole)
    return true
  }

  // MARK: What comes of it

  private func perform(_ actions: [Fusion.Action], of whole: FusedRelay) {
    // To cancel may bring about more of the same fusion, which the client gets behind this.
    var cancelled: [RequestID] = []
    for action in actions {
      switch action {
      case .show(var line):
        if !whole.showsLikelihood { line.likelihood = [] }
        whole.session.connection.write { $0.token(line, id: whole.id) }
      case .cancel(let member): cancelled.append(whole.members[member])
      case .finish(var answer):
        if !whole.showsLikelihood { answer.meanLogProbability = nil }
        whole.session.send(.done, id: whole.id, answer.body)
        forget(whole)
      case .fail(let error):
        whole.session.send(error, id: whole.id)
        forget(whole)
      }
    }
    for member in cancelled {
      members[member] = nil
      post(.cancelled(member))
    }
  }

  private func forget(_ whole: FusedRelay) {
    fusions[whole.number] = nil
    for member in whole.members { members[member] = nil }
    whole.session.finish(whole.id)
  }
}
