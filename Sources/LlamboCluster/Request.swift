/// Whose a request is. Those who wait take turns by it, so that one who floods keeps no other
/// waiting.
package struct ClientID: Numbered {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// What the cluster is told of a request.
package struct Submission: Sendable {
  package var client: ClientID
  package var prompt: PromptDigest
  /// The only node type that it may run on; nil for any.
  package var type: String?
  /// Requests of one fusion keep apart: they run on different nodes where there are enough.
  package var fusion: FusionID?

  package init(
    client: ClientID = ClientID(0), prompt: PromptDigest = PromptDigest(), type: String? = nil,
    fusion: FusionID? = nil
  ) {
    self.client = client
    self.prompt = prompt
    self.type = type
    self.fusion = fusion
  }
}

/// One accepted request on its way through the cluster.
struct Request: Sendable {
  enum State: Equatable, Sendable {
    case queued
    /// That link's node serves it.
    case running(LinkID)

    var link: LinkID? {
      switch self {
      case .queued: nil
      case .running(let link): link
      }
    }
  }

  var state = State.queued
  /// The node that serves it; only where it runs.
  var place = 0
  let client: ClientID
  let prompt: PromptDigest
  let fusion: FusionID?
  /// The node types that it may run on.
  let types: TypeMask
  let seed: UInt32
  let accepted: Milliseconds
  let deadline: Milliseconds
  /// How long it may take in all, by the settings of its time.
  var timeout: Milliseconds { deadline - accepted }
  /// The token ids that its client has seen.
  var journal: [Int32] = []
  /// When its client saw the last one.
  var lastToken: Milliseconds = 0
  /// The journal's length when it was sent last: more of it by now is progress.
  var journalWhenSent = 0
  /// Attempts in a row that came to nothing.
  var failures = 0
  /// Of a stream that has begun: attempts in a row that were lost with their nodes before a token,
  /// and do not count as failures.
  var losses = 0
  /// How often it was taken up anew in all.
  var moves = 0
  /// Nodes that crashed under it with the journal at this length.
  var crashes = 0
  var journalAtCrash = -1
  /// Its client wants no more of it; its worker was told and has not answered.
  var isCancelled = false
  /// It waits for news of its last node, and is in no queue.
  var isHeld = false
  /// It waits for the retry budget, and is in no queue.
  var isPaced = false
  /// It waits before all who have never run.
  var hasReturned = false

  /// What becomes of a token.
  enum Taking {
    /// Not the client's, or the client has it.
    case dropped
    /// Tokens before it are missing.
    case tooEarly(place: Int)
    /// It is in the journal; with the first one of an attempt the prompt's tokens are done. Its
    /// client has waited for it since the token before, or since the request was accepted.
    case taken(place: Int, prefillTokens: Int, isFirst: Bool, wait: Milliseconds)
  }

  mutating func take(
    _ token: Int32, at index: Int, from link: LinkID, _ now: Milliseconds
  ) -> Taking {
    guard state == .running(link) else { return .dropped }
    guard index == journal.count else {
      return index > journal.count ? .tooEarly(place: place) : .dropped
    }
    let done = isInPrefill ? prefillTokens : 0
    let isFirst = journal.isEmpty
    let wait = now - (isFirst ? accepted : lastToken)
    journal.append(token)
    lastToken = now
    return .taken(place: place, prefillTokens: done, isFirst: isFirst, wait: wait)
  }

  /// Whether the node that serves it has yet to show a token.
  var isInPrefill: Bool { journal.count == journalWhenSent }
  /// Tokens that a node computes before it shows one.
  var prefillTokens: Int { prompt.estimatedTokens + journalWhenSent }
}
