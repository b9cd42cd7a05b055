import LlamboJSON

/// How one answer comes of several nodes' answers to the same prompt.
///
/// A member is one node's part in it. The token that is shown next is certain as soon as so many
/// members have it behind all tokens shown before: one of `fastest`; more than half of all that were
/// asked of `majority`; the quorum of `quorum`, where that is more than half; and in any mode all
/// members that are left. A member whose tokens differ from those that were shown is out, and is
/// cancelled where it still runs. Texts are the same when they are equal but for white space at both
/// ends.
package enum FusionMode: String, CaseIterable, Sendable {
  /// The first whole answer. All members have the same seed, so that each goes on with the answer
  /// that another began, and it does not matter who is ahead.
  case fastest
  /// The text that most members gave; of texts with equally many votes the one that was given with
  /// the highest mean log-probability, then by the member with the lowest number.
  case majority
  /// The first text that as many members as the quorum gave; `no_quorum` where there can be none.
  case quorum
  /// The answer with the highest mean log-probability, then the member with the lowest number.
  case confidence
  /// The text with the greatest weight: the sum, over the members that gave it, of `exp` of the
  /// answer's mean log-probability, which is the geometric mean of its tokens' probabilities. Equal
  /// weights are told apart as in `majority`.
  case weightedAverage = "weighted-average"

  /// Whether the answers' mean log-probabilities matter.
  package var needsLikelihood: Bool { self != .fastest }
}

/// The member `fusion` of an `INFER` or `CHAT`: several nodes are to answer it at once.
package struct FusionRequest: Equatable, Sendable {
  /// How many members a fusion may have.
  package static let sizes = 2...16
  package static let usualSize = 3

  package var mode: FusionMode
  /// Members: requests that run on different nodes, where there are enough.
  package var nodes: Int
  /// Members that must agree, of `quorum`; nil for more than half.
  package var quorum: Int?

  package init(_ mode: FusionMode, nodes: Int = FusionRequest.usualSize, quorum: Int? = nil) {
    self.mode = mode
    self.nodes = nodes
    self.quorum = quorum
  }

  /// Members that must agree of `quorum`.
  package var agreement: Int { quorum ?? nodes / 2 + 1 }

  package var body: JSON {
    var members: [JSON.Member] = [
      .init("mode", .string(mode.rawValue)), .init("nodes", .integer(Int64(nodes))),
    ]
    if let quorum { members.append(.init("quorum", .integer(Int64(quorum)))) }
    return .object(members)
  }

  package init(body: JSON) throws(WireError) {
    let known = FusionMode.allCases.map(\.rawValue).joined(separator: ", ")
    guard case .object = body else {
      throw WireError(
        .invalidRequest,
        "\"fusion\" must be an object such as {\"mode\":\"majority\",\"nodes\":3}")
    }
    var fields = try FieldReader(body)
    guard let name = try fields.string("mode") else {
      throw WireError(.invalidRequest, "\"fusion\" has no \"mode\": one of \(known)")
    }
    guard let mode = FusionMode(rawValue: name) else {
      throw WireError(.invalidRequest, "unknown \"mode\" of a \"fusion\"; known are \(known)")
    }
    self.mode = mode
    nodes = try fields.integer("nodes", in: Self.sizes) ?? Self.usualSize
    quorum = try fields.integer("quorum", in: 1...nodes)
    if quorum != nil, mode != .quorum {
      throw WireError(
        .invalidRequest, "a \"quorum\" is for the mode \"quorum\", not for \"\(name)\"")
    }
    try fields.finish()
  }
}
