/// How quickly prompts are computed here: the tokens of all decodes that had a part of a prompt in
/// them, by the time that those took.
struct PrefillSpeed {
  private var tokens = 0
  private var time = Duration.zero

  mutating func add(_ count: Int, in duration: Duration) {
    tokens += count
    time += duration
  }

  /// How long it takes to compute so many tokens; nil before the first prompt.
  func time(for count: Int) -> Duration? { tokens > 0 ? time * count / tokens : nil }
}
