/// Looks for stop strings in a text that comes in pieces of whole characters.
struct StopMatcher {
  /// What the text so far says.
  enum Verdict: Equatable {
    /// No stop string begins in what was appended.
    case none
    /// The last so many bytes may begin a stop string.
    case undecided(bytes: Int)
    /// A stop string ended; the last so many bytes are its own and what came behind it.
    case stop(bytes: Int)
  }

  private let stops: [[UInt8]]
  /// The end of the text that may begin a stop string.
  private var tail: [UInt8] = []

  /// - Parameter stops: strings that are not empty.
  init(_ stops: [String]) {
    self.stops = stops.map { Array($0.utf8) }
  }

  /// Of several stop strings the one that begins first counts.
  mutating func append(_ piece: String) -> Verdict {
    guard !stops.isEmpty else { return .none }
    tail.append(contentsOf: piece.utf8)
    for start in tail.indices {
      var isUndecided = false
      for stop in stops {
        let rest = tail[start...]
        if rest.count >= stop.count {
          if rest.starts(with: stop) { return .stop(bytes: rest.count) }
        } else if stop.starts(with: rest) {
          isUndecided = true
        }
      }
      if isUndecided {
        tail.removeFirst(start)
        return .undecided(bytes: tail.count)
      }
    }
    tail.removeAll(keepingCapacity: true)
    return .none
  }
}
