import LlamboJSON

/// What the `DONE` of a fused request says of its members.
package struct FusionReport: Equatable, Sendable {
  /// Members that gave the same text.
  package struct Group: Equatable, Sendable {
    package var votes: Int
    /// The sum of `exp` of their answers' mean log-probabilities; nil where nobody asked for those.
    package var weight: Double?
    /// The nodes that gave it, in the members' order; one that gave it twice is there twice.
    package var nodes: [String]

    package init(votes: Int, weight: Double?, nodes: [String]) {
      self.votes = votes
      self.weight = weight
      self.nodes = nodes
    }
  }

  package var request: FusionRequest
  package var answered: Int
  package var failed: Int
  /// Members that were not needed any more before they had answered.
  package var cancelled: Int
  /// The number of the member whose answer it is, from 0; nil where the fusion was cancelled.
  package var winner: Int?
  /// The winner's first, then in the mode's order.
  package var answers: [Group]

  package init(
    request: FusionRequest, answered: Int, failed: Int, cancelled: Int, winner: Int?,
    answers: [Group]
  ) {
    self.request = request
    self.answered = answered
    self.failed = failed
    self.cancelled = cancelled
    self.winner = winner
    self.answers = answers
  }

  package var body: JSON {
    var members: [JSON.Member] = [
      .init("mode", .string(request.mode.rawValue)),
      .init("nodes", .integer(Int64(request.nodes))),
    ]
    if request.mode == .quorum {
      members.append(.init("quorum", .integer(Int64(request.agreement))))
    }
    members += [
      .init("answered", .integer(Int64(answered))), .init("failed", .integer(Int64(failed))),
      .init("cancelled", .integer(Int64(cancelled))),
    ]
    if let winner { members.append(.init("winner", .integer(Int64(winner)))) }
    members.append(.init("answers", .array(answers.map(\.body))))
    return .object(members)
  }

  package init(body: JSON) throws(WireError) {
    guard let mode = body["mode"]?.string.flatMap({ FusionMode(rawValue: $0) }),
      let nodes = body["nodes"]?.integer, let answered = body["answered"]?.integer,
      let failed = body["failed"]?.integer, let cancelled = body["cancelled"]?.integer,
      let answers = body["answers"]?.array
    else { throw WireError(.invalidRequest, "a \"fusion\" that does not tell its outcome") }
    self.init(
      request: FusionRequest(mode, nodes: nodes, quorum: body["quorum"]?.integer),
      answered: answered, failed: failed, cancelled: cancelled, winner: body["winner"]?.integer,
      answers: answers.map(Group.init))
  }
}

extension FusionReport.Group {
  fileprivate var body: JSON {
    var members: [JSON.Member] = [.init("votes", .integer(Int64(votes)))]
    if let weight { members.append(.init("weight", .number(weight))) }
    members.append(.init("nodes", .array(nodes.map { .string($0) })))
    return .object(members)
  }

  fileprivate init(_ body: JSON) {
    self.init(
      votes: body["votes"]?.integer ?? 0, weight: body["weight"]?.number,
      nodes: (body["nodes"]?.array ?? []).compactMap(\.string))
  }
}
