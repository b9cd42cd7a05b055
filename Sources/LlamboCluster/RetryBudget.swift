/// How many attempts that came to nothing may be repeated now: a share of the requests that came in
/// lately and some more each second, so that a cluster in trouble is not kept in it by repetitions.
/// The rule and its numbers are those of Finagle's `RetryBudget` (20 %, 10 a second, 10 seconds;
/// twitter.github.io/finagle), which Google's "Site Reliability Engineering" (2016, chapter 21)
/// argues for in general.
struct RetryBudget: Sendable {
  /// Thousandths of an attempt.
  private var balance: Int
  private var lastLook: Milliseconds?
  /// Deposits of requests lately, for they too are kept for ten seconds only.
  private var recent = SmoothedRate(window: 10_000)

  var share: Double
  var perSecond: Int
  private static let seconds = 10

  init(share: Double, perSecond: Int) {
    self.share = share
    self.perSecond = perSecond
    balance = perSecond * Self.seconds * 1000
  }

  mutating func requestCame() {
    balance += Int(share * 1000)
    recent.count()
  }

  /// - Returns: whether there was enough for one attempt.
  mutating func withdraw() -> Bool {
    guard balance >= 1000 else { return false }
    balance -= 1000
    return true
  }

  mutating func look(at now: Milliseconds) {
    recent.look(at: now)
    if let lastLook { balance += Int(min(now - lastLook, 1000)) * perSecond }
    lastLook = now
    let lately = (recent.perSecond ?? 0) * share * Double(Self.seconds)
    balance = min(balance, (perSecond * Self.seconds + Int(lately)) * 1000)
  }
}
