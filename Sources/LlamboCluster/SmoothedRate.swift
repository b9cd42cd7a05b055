/// Events a second, smoothed: an exponentially weighted moving average (Roberts, "Control chart
/// tests based on geometric moving averages", Technometrics 1959) whose weights follow the time
/// between looks, so that it does not matter how often one looks.
struct SmoothedRate: Sendable {
  /// Milliseconds after which an event counts half or less.
  private let window: Milliseconds
  private var average = SmoothedValue()
  private var count = 0
  private var since: Milliseconds?

  init(window: Milliseconds) { self.window = window }

  /// Events a second; nil before there is anything to tell.
  var perSecond: Double? { average.value }

  mutating func count(_ events: Int = 1) { count += events }

  /// Leaves out the time since the look before, and what was counted in it.
  mutating func skip(to now: Milliseconds) {
    since = now
    count = 0
  }

  /// Takes in what was counted, at least 100 ms after the look before.
  mutating func look(at now: Milliseconds) {
    guard let since else {
      self.since = now
      return
    }
    let span = now - since
    guard span >= 100 else { return }
    average.add(Double(count) * 1000 / Double(span), over: span, window: window)
    count = 0
    self.since = now
  }
}

/// An exponentially weighted moving average of a value that is looked at now and then.
struct SmoothedValue: Sendable {
  private(set) var value: Double?
  /// Milliseconds that it has seen.
  private(set) var seen: Milliseconds = 0

  /// - Parameters:
  ///   - span: milliseconds that the sample stands for.
  ///   - window: milliseconds; a span as long as this counts half.
  mutating func add(_ sample: Double, over span: Milliseconds, window: Milliseconds) {
    seen += span
    guard let old = value else {
      value = sample
      return
    }
    // The low-pass filter of first order, discretized: span / (window + span).
    value = old + (sample - old) * Double(span) / Double(window + span)
  }
}
