/// A decimal number with an optional unit behind it, such as `128MB` or `0.1 core`.
enum Quantity {
  static let memory: [(unit: String, factor: Double)] = [
    ("", 1), ("b", 1), ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("tb", 1e12),
    ("kib", 0x1p10), ("mib", 0x1p20), ("gib", 0x1p30), ("tib", 0x1p40),
  ]
  /// In milliseconds.
  static let time: [(unit: String, factor: Double)] = [
    ("", 1), ("ms", 1), ("s", 1e3), ("m", 6e4), ("min", 6e4), ("h", 36e5),
  ]
  static let cores: [(unit: String, factor: Double)] = [("", 1), ("core", 1), ("cores", 1)]

  /// The quantity in the unit whose factor is 1; nil for another form or an unknown unit. The
  /// case of the unit does not matter.
  static func parse(_ text: String, _ units: [(unit: String, factor: Double)]) -> Double? {
    let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    guard let number = Double(digits), digits.first != ".", digits.last != "." else { return nil }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
    return units.first { $0.unit == unit }.map { number * $0.factor }
  }

  /// As `parse`, but nil too for what is not whole.
  static func parseWhole(_ text: String, _ units: [(unit: String, factor: Double)]) -> Int? {
    guard let quantity = parse(text, units) else { return nil }
    // A decimal fraction is not exact in binary: 4.1 times 1e9 falls just short.
    let whole = quantity.rounded()
    return abs(quantity - whole) <= whole * 1e-12 ? Int(exactly: whole) : nil
  }

  /// The shortest form in whole units: 60000 as `1m`.
  static func timeText(_ ms: Int) -> String {
    for (unit, factor) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)]
    where ms > 0 && ms % factor == 0 {
      return "\(ms / factor)\(unit)"
    }
    return "\(ms)ms"
  }

  static func memoryText(_ bytes: Int) -> String {
    for (unit, factor) in [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000)]
    where bytes > 0 && bytes % factor == 0 {
      return "\(bytes / factor)\(unit)"
    }
    return "\(bytes)"
  }
}
