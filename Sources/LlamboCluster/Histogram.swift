/// Counts of values in log-linear buckets: below 16 each value has its own, above it each power of
/// two is cut into 8 equal parts, so that a bucket is at most an eighth wide of what it holds
/// (as HdrHistogram, Tene 2012, does with more parts).
package struct Histogram: Equatable, Sendable {
  private static let exact = 16
  private static let parts = 8
  /// Values from 2^32 on are counted as the largest.
  private static let largest = 1 << 32 - 1
  static let bucketCount = exact + (32 - 4) * parts

  private var buckets = [UInt64](repeating: 0, count: bucketCount)
  package private(set) var count: UInt64 = 0
  package private(set) var sum: UInt64 = 0

  package init() {}

  /// - Parameter value: negative ones count as 0.
  package mutating func add(_ value: Int64) {
    let value = min(max(0, Int(value)), Self.largest)
    buckets[Self.bucket(of: value)] += 1
    count += 1
    sum += UInt64(value)
  }

  static func bucket(of value: Int) -> Int {
    if value < exact { return value }
    let power = Int.bitWidth - 1 - value.leadingZeroBitCount
    return exact + (power - 4) * parts + (value >> (power - 3)) & (parts - 1)
  }

  /// The largest value that a bucket holds.
  static func upperBound(of bucket: Int) -> Int {
    if bucket < exact { return bucket }
    let power = (bucket - exact) / parts + 4
    let part = (bucket - exact) % parts
    return (parts + part + 1) << (power - 3) - 1
  }

  /// A bound that at least this share of the values does not pass; nil where there are none.
  package func quantile(_ share: Double) -> Int? {
    guard count > 0 else { return nil }
    let wanted = max(1, UInt64((share * Double(count)).rounded(.up)))
    var seen: UInt64 = 0
    for (bucket, values) in buckets.enumerated() {
      seen += values
      if seen >= wanted { return Self.upperBound(of: bucket) }
    }
    return Self.largest
  }

  /// How many values do not pass each of some bounds that end a bucket, and the bounds: 1, 3, 7, 15
  /// and so on to 131,071. They are always the same, for rates are made of what each one had before.
  package var cumulative: [(bound: Int, count: UInt64)] {
    var seen: UInt64 = 0
    var next = 0
    return (1...17).map { power in
      let bound = 1 << power - 1
      while next <= Self.bucket(of: bound) {
        seen += buckets[next]
        next += 1
      }
      return (bound, seen)
    }
  }
}
