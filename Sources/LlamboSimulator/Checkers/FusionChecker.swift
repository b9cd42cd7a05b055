import LlamboCluster
import LlamboWire

/// What the client of a fused request may see: it ends once and in time, its tokens come in order
/// and are those of the winner's undisturbed answer, and who wins is who wins by the mode's
/// definition. Nobody works for it after its end.
struct FusionChecker: Sendable {
  private struct Record: Sendable {
    let request: FusionRequest
    let members: [SimulatedRequest]
    /// By the orchestrator's clock.
    let deadline: Milliseconds
    let isProbe: Bool
    var tokens: [Int32] = []
    var ends = 0
    /// Members that failed.
    var failures = 0
    var isCancelled = false
    var isCutOff = false
  }

  private var records: [Record] = []
  private var oldest = 0
  private(set) var answered = 0

  var submissions: Int { records.count }

  mutating func submitted(
    _ request: FusionRequest, _ members: [SimulatedRequest], deadline: Milliseconds, isProbe: Bool
  ) {
    records.append(
      Record(request: request, members: members, deadline: deadline, isProbe: isProbe))
  }

  mutating func cancelled(_ place: Int) { records[place].isCancelled = true }

  mutating func memberFailed(_ place: Int) { records[place].failures += 1 }

  mutating func orchestratorDied() {
    for place in records.indices where records[place].ends == 0 { records[place].isCutOff = true }
  }

  // MARK: What arrives

  mutating func shown(_ place: Int, _ line: TokenLine, _ violations: inout Violations) {
    if records[place].ends > 0 {
      violations.add(.fusionEnds, "a token of fusion \(place + 1) after its end")
    }
    if line.index != records[place].tokens.count {
      violations.add(
        .fusionAnswers,
        "fusion \(place + 1): token \(line.index) where \(records[place].tokens.count) belongs")
    }
    records[place].tokens.append(line.token)
  }

  mutating func finished(_ place: Int, _ answer: Completion, _ violations: inout Violations) {
    end(place, &violations)
    let record = records[place]
    if answer.finishReason == .cancelled {
      if !record.isCancelled {
        violations.add(.fusionEnds, "fusion \(place + 1) was not cancelled")
      }
      return
    }
    answered += 1
    guard let winner = answer.fusion?.winner else {
      return violations.add(.fusionAnswers, "fusion \(place + 1) has no winner")
    }
    let wanted = record.members[winner]
    let isItsOwn =
      record.tokens.count == wanted.length && answer.text == wanted.text
      && record.tokens.enumerated().allSatisfy { wanted.token(at: $0) == $1 }
    if !isItsOwn {
      violations.add(
        .fusionAnswers,
        "fusion \(place + 1) is not the undisturbed answer of its winner, member \(winner)")
    }
    guard record.failures == 0 else { return }
    // Where nobody failed the outcome follows from the definition, whoever was fast.
    if let text = definedOutcome(record), text != answer.text {
      violations.add(
        .fusionAnswers,
        "fusion \(place + 1), \(record.request.mode.rawValue) of \(record.members.count): "
          + "member \(winner) does not win by the rule")
    }
  }

  mutating func failed(_ place: Int, _ error: WireError, _ violations: inout Violations) {
    end(place, &violations)
    let record = records[place]
    if error.code == .noQuorum, record.request.mode != .quorum {
      violations.add(.fusionAnswers, "fusion \(place + 1) has no quorum, and needs none")
    }
    let mayAgree = record.members.contains { member in
      record.members.count { $0.text == member.text } >= record.request.agreement
    }
    if record.failures == 0, mayAgree {
      violations.add(.fusionAnswers, "fusion \(place + 1) failed, and no member did: \(error)")
    }
    if record.isProbe {
      violations.add(.converges, "fusion \(place + 1) failed in a healed cluster: \(error)")
    }
  }

  mutating func leftRunning(_ place: Int, request: Int, _ violations: inout Violations) {
    violations.add(
      .fusionEnds, "request \(request + 1) runs on after the end of fusion \(place + 1)")
  }

  private mutating func end(_ place: Int, _ violations: inout Violations) {
    records[place].ends += 1
    if records[place].ends > 1 {
      violations.add(.fusionEnds, "fusion \(place + 1) ended \(records[place].ends) times")
    } else if records[place].isCutOff {
      violations.add(.fusionEnds, "fusion \(place + 1) ended after its orchestrator's death")
    }
  }

  // MARK: Who wins

  /// nil where who is fast may decide.
  private func definedOutcome(_ record: Record) -> String? {
    let members = record.members
    func votes(_ member: SimulatedRequest, _ all: [SimulatedRequest]) -> Int {
      all.count { $0.text == member.text }
    }
    func best(_ all: [SimulatedRequest], _ score: (SimulatedRequest) -> Double) -> String? {
      all.max { one, other in
        let (left, right) = (score(one), score(other))
        if left != right { return left < right }
        if one.likelihood != other.likelihood { return one.likelihood < other.likelihood }
        return one.member > other.member
      }?.text
    }
    switch record.request.mode {
    case .fastest: return nil
    case .confidence: return best(members) { $0.likelihood }
    case .weightedAverage:
      return best(members) { member in
        // Those that agree are equally likely here.
        Double(votes(member, members)) * Fusion.weight(of: member.likelihood)
      }
    case .majority:
      let left = common(members)
      return best(left) { Double(votes($0, left)) }
    case .quorum:
      guard record.request.agreement > members.count / 2 else { return nil }
      return members.first { votes($0, members) >= record.request.agreement }?.text ?? ""
    }
  }

  /// Those who go the way that more than half of all go, as far as it leads.
  private func common(_ members: [SimulatedRequest]) -> [SimulatedRequest] {
    var left = members
    var length = 0
    while true {
      let next = left.filter { $0.length > length }
      func same(_ member: SimulatedRequest) -> [SimulatedRequest] {
        next.filter { $0.token(at: length) == member.token(at: length) }
      }
      guard let most = next.map(same).max(by: { $0.count < $1.count }),
        most.count >= min(members.count / 2 + 1, left.count)
      else { return left }
      left = most
      length += 1
    }
  }

  // MARK: Time

  /// After the orchestrator has looked at its deadlines.
  mutating func looked(at clock: Milliseconds, _ violations: inout Violations) {
    while oldest < records.count, records[oldest].ends > 0 || records[oldest].isCutOff {
      oldest += 1
    }
    if oldest < records.count, clock > records[oldest].deadline {
      violations.add(
        .fusionEnds,
        "fusion \(oldest + 1) is unanswered \(clock - records[oldest].deadline) ms late")
      oldest += 1
    }
  }

  mutating func finish(_ violations: inout Violations) {
    for place in records.indices where records[place].ends == 0 && !records[place].isCutOff {
      violations.add(.fusionEnds, "fusion \(place + 1) was never answered")
    }
  }
}
