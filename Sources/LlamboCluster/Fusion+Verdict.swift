import LlamboWire

/// Who wins, as soon as it is certain.
extension Fusion {
  enum Verdict {
    case open
    case winner(Int)
    /// There can be no answer any more.
    case none(WireError)
  }

  /// Members that gave the same text.
  private struct Group {
    let text: Substring
    /// In their own order.
    var members: [Int] = []
    var weight = 0.0
    /// The member with the highest mean log-probability.
    var best = 0
    var bestLikelihood = -Double.infinity

    var votes: Int { members.count }
  }

  var verdict: Verdict {
    let candidates = members.indices.filter { members[$0].mayWin }
    guard !candidates.isEmpty else {
      return .none(failure(of: "no member of \(request.nodes) gave a whole answer"))
    }
    let answered = candidates.filter { !members[$0].isRunning }
    let pending = candidates.count - answered.count
    let groups = ranked(answered)
    if request.mode == .quorum { return quorum(groups, pending: pending) }
    guard let first = groups.first else { return .open }
    let isCertain =
      switch request.mode {
      case .fastest: true
      // None of the pending can change it; and they, with those that answered otherwise, are too
      // few to have a next token for the whole.
      case .majority:
        groups.dropFirst().allSatisfy { $0.votes + pending < first.votes }
          && pending < first.votes && 2 * (candidates.count - first.votes) <= request.nodes
      // No answer weighs more than 1.
      case .weightedAverage:
        groups.dropFirst().allSatisfy { $0.weight + Double(pending) < first.weight }
          && Double(pending) < first.weight
      case .confidence, .quorum: false
      }
    return isCertain || pending == 0 ? .winner(first.best) : .open
  }

  private func quorum(_ groups: [Group], pending: Int) -> Verdict {
    let wanted = request.agreement
    let most = groups.first?.votes ?? 0
    if let first = groups.first, most >= wanted { return .winner(first.best) }
    if most + pending >= wanted { return .open }
    let answers = members.count { $0.answer != nil }
    let reason =
      "\(wanted) of \(request.nodes) members had to agree, and at most \(most + pending) do"
    if !hasFailures { return .none(WireError(.noQuorum, reason)) }
    let error = failure(of: "\(reason), for some failed")
    return .none(answers == 0 ? error : WireError(.noQuorum, error.message))
  }

  /// The texts that these members gave, the best first.
  private func ranked(_ answered: [Int]) -> [Group] {
    var groups: [Group] = []
    for member in answered {
      guard let answer = members[member].answer else { continue }
      let text = Self.plain(answer.text)
      let place = groups.firstIndex { $0.text == text } ?? groups.count
      if place == groups.count { groups.append(Group(text: text, best: member)) }
      groups[place].members.append(member)
      let likelihood = min(answer.meanLogProbability ?? -.infinity, 0)
      groups[place].weight += Self.weight(of: likelihood)
      if likelihood > groups[place].bestLikelihood {
        groups[place].bestLikelihood = likelihood
        groups[place].best = member
      }
    }
    return groups.sorted { isBetter($0, than: $1) }
  }

  private func isBetter(_ one: Group, than other: Group) -> Bool {
    switch request.mode {
    case .majority, .quorum:
      if one.votes != other.votes { return one.votes > other.votes }
    case .weightedAverage:
      if one.weight != other.weight { return one.weight > other.weight }
    case .fastest, .confidence: break
    }
    if one.bestLikelihood != other.bestLikelihood {
      return one.bestLikelihood > other.bestLikelihood
    }
    return one.best < other.best
  }

  /// What an answer weighs: e to the power of its mean log-probability, from 0 to 1.
  package static func weight(of meanLogProbability: Double) -> Double {
    exponential(min(meanLogProbability, 0))
  }

  /// Without white space at both ends.
  static func plain(_ text: String) -> Substring {
    var text = text[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text.drop(while: \.isWhitespace)
  }

  /// - Parameter winner: the member whose answer it is.
  func report(winner: Int?) -> FusionReport {
    var groups = ranked(Array(members.indices))
    if let winner, let place = groups.firstIndex(where: { $0.members.contains(winner) }) {
      groups.insert(groups.remove(at: place), at: 0)
    }
    let answered = members.count { $0.answer != nil }
    let failed = members.count { if case .failed = $0.state { true } else { false } }
    return FusionReport(
      request: request, answered: answered, failed: failed,
      cancelled: members.count - answered - failed, winner: winner,
      answers: groups.map { group in
        FusionReport.Group(
          votes: group.votes, weight: request.mode.needsLikelihood ? group.weight : nil,
          nodes: group.members.map { members[$0].answer?.node ?? "" })
      })
  }
}
