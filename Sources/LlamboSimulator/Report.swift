import LlamboCluster

extension Batch {
  /// What a person reads after many runs: how fast, what came of the requests, what was broken, and
  /// how often each fault fired.
  package func report(seconds: Double) -> String {
    let rate = seconds > 0 ? Double(runs) / seconds : 0
    let speed = rate < 10 ? rounded(rate, 2) : grouped(Int(rate))
    var lines = [
      "\(grouped(runs)) seeds in \(rounded(seconds, 2)) s: \(speed) seeds a second",
      "\(grouped(happenings)) happenings in \(grouped(Int(virtualTime / 1000))) virtual seconds, "
        + "settled at most \(grouped(Int(longestSettling))) ms after the last fault",
      "",
    ]
    lines += columns([
      ("requests", submissions), ("finished", finished), ("failed", failed),
      ("cancelled", cancelled), ("cut off", cutOff), ("fusions", fusions),
      ("fusions answered", fusionsAnswered), ("tokens", tokens), ("resent", retried),
      ("nodes lost", nodesLost), ("seeds that fail", failures.count),
    ])
    lines += ["", "Faults fired: \(grouped(faults.total))"]
    lines += columns(Fault.allCases.map { ($0.name, faults[$0]) })
    return lines.joined(separator: "\n")
  }

  /// Names and numbers, three pairs a line.
  private func columns(_ entries: [(name: String, count: Int)]) -> [String] {
    let rows = (entries.count + 2) / 3
    return (0..<rows).map { row in
      var line = ""
      for place in stride(from: row, to: entries.count, by: rows) {
        let (name, count) = entries[place]
        let digits = grouped(count)
        let gap = String(repeating: " ", count: max(1, 26 - name.count - digits.count))
        line += (line.isEmpty ? "  " : "    ") + name + gap + digits
      }
      return line
    }
  }
}

extension Outcome {
  /// What a person reads of a run that broke a rule, and how to see it again.
  package func report(lines shown: Int, fixesNodes: Bool) -> String {
    var lines = ["seed \(seed) (\(nodes) nodes) breaks the rules:"]
    lines += violations.prefix(5).map { "  \($0)" }
    if shown > 0 {
      lines.append("its last events (>), directives (<) and faults (!):")
      lines += log.suffix(shown).map { "  " + $0 }
    }
    let size = fixesNodes ? " --nodes \(nodes)" : ""
    lines.append("again, with all of its log: llambo-sim --seed \(seed)\(size) --log")
    return lines.joined(separator: "\n")
  }
}

/// `1234567` as `1,234,567`.
func grouped(_ number: Int) -> String {
  var digits = ""
  for (place, digit) in String(number.magnitude).reversed().enumerated() {
    if place > 0, place % 3 == 0 { digits.append(",") }
    digits.append(digit)
  }
  return (number < 0 ? "-" : "") + String(digits.reversed())
}

func rounded(_ number: Double, _ places: Int) -> String {
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  return "\((number * scale).rounded() / scale)"
}
