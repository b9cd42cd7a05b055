import LlamboJSON

/// Something measured, under its name.
package struct Metric: Sendable {
  package enum Value: Sendable {
    case gauge(Double)
    case counter(UInt64)
    /// One for each value of a label.
    case gauges(_ label: String, [(String, Double)])
    case counters(_ label: String, [(String, UInt64)])
    case histogram(Histogram)
  }

  package let name: String
  /// What is measured, in which unit.
  package let help: String
  package let value: Value

  init(_ name: String, _ help: String, _ value: Value) {
    self.name = name
    self.help = help
    self.value = value
  }
}

extension [Metric] {
  /// In Prometheus' text format (version 0.0.4).
  package var prometheus: String { map(\.prometheus).joined() }

  /// An object of numbers, of objects with a number for each label's value, and for histograms of
  /// `count`, `sum` and the bounds `p50`, `p90` and `p99`, which are null without values.
  package var json: JSON { .object(map { JSON.Member($0.name, $0.json) }) }
}

extension Metric {
  fileprivate var prometheus: String {
    switch value {
    case .gauge(let value): head("gauge") + line(value)
    case .counter(let value): head("counter") + line(Double(value))
    case .gauges(let label, let values):
      head("gauge") + values.map { line($1, labels(label, $0)) }.joined()
    case .counters(let label, let values):
      head("counter") + values.map { line(Double($1), labels(label, $0)) }.joined()
    case .histogram(let histogram):
      head("histogram")
        + histogram.cumulative.map {
          line(Double($0.count), "_bucket" + labels("le", String($0.bound)))
        }.joined()
        + line(Double(histogram.count), "_bucket" + labels("le", "+Inf"))
        + line(Double(histogram.sum), "_sum") + line(Double(histogram.count), "_count")
    }
  }

  private func head(_ type: String) -> String {
    "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  private func line(_ value: Double, _ suffix: String = "") -> String {
    let isWhole = value == value.rounded() && value.magnitude < 1e15
    return "\(name)\(suffix) \(isWhole ? String(Int(value)) : String(value))\n"
  }

  /// Values are codes, states and types; what a worker made up is reduced to its plain part.
  private func labels(_ name: String, _ value: String) -> String {
    let plain = value.unicodeScalars.filter { $0.value >= 0x20 && $0 != "\"" && $0 != "\\" }
    return "{\(name)=\"\(String(String.UnicodeScalarView(plain)))\"}"
  }

  fileprivate var json: JSON {
    switch value {
    case .gauge(let value): .number(value)
    case .counter(let value): .integer(Int64(clamping: value))
    case .gauges(_, let values): .object(values.map { JSON.Member($0, .number($1)) })
    case .counters(_, let values):
      .object(values.map { JSON.Member($0, .integer(Int64(clamping: $1))) })
    case .histogram(let histogram):
      .object(
        [
          JSON.Member("count", .integer(Int64(clamping: histogram.count))),
          JSON.Member("sum", .integer(Int64(clamping: histogram.sum))),
        ]
          + [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)].map { name, share in
            JSON.Member(name, histogram.quantile(share).map { .integer(Int64($0)) } ?? .null)
          })
    }
  }
}
