import LlamboJSON

/// What `llamboctl top` draws.
struct TopView {
  private enum Order: CaseIterable {
    case name, busy, speed

    var title: String {
      switch self {
      case .name: "name"
      case .busy: "load"
      case .speed: "tokens a second"
      }
    }
  }

  private struct Row {
    let name: String
    let cells: [String]
    let state: String
    let busy: Int
    let slots: Int
    let speed: Double
  }

  private var sample = TopSample.unreachable("looking for the cluster")
  private var rows: [Row] = []
  private var order = Order.name
  private var scrolled = 0
  /// The tokens of each node at the last look, and its time in milliseconds.
  private var earlier: (tokens: [String: Int], time: Int64)?

  mutating func take(_ sample: TopSample, at now: Int64) {
    self.sample = sample
    guard case .cluster(_, let nodes, _) = sample else {
      earlier = nil
      return
    }
    let elapsed = earlier.map { Double(max(1, now - $0.time)) / 1000 }
    rows = nodes.map { node in
      let name = node["node"]?.string ?? "?"
      let tokens = node["tokens"]?.integer ?? 0
      let before = earlier?.tokens[name] ?? tokens
      // A node whose process is new counts from zero again.
      let speed = elapsed.map { Double(max(0, tokens - before)) / $0 } ?? 0
      func text(_ field: String) -> String {
        node[field]?.string ?? node[field]?.integer.map(Terminal.grouped) ?? "-"
      }
      return Row(
        name: name,
        cells: [
          text("requests"), text("tokens"), text("restarts"),
          node["pid"]?.integer.map(String.init) ?? "-", text("type"),
        ],
        state: node["state"]?.string ?? "?", busy: node["busy"]?.integer ?? 0,
        slots: node["slots"]?.integer ?? 0, speed: speed)
    }
    earlier = (
      Dictionary(
        nodes.map { ($0["node"]?.string ?? "?", $0["tokens"]?.integer ?? 0) },
        uniquingKeysWith: { $1 }), now
    )
    sort()
  }

  mutating func press(_ key: Character) {
    switch key {
    case "s":
      order = Order.allCases[(Order.allCases.firstIndex(of: order)! + 1) % Order.allCases.count]
      sort()
    case "j": scrolled = min(scrolled + 1, max(0, rows.count - 1))
    case "k": scrolled = max(0, scrolled - 1)
    default: break
    }
  }

  private mutating func sort() {
    rows.sort { left, right in
      switch order {
      case .name: (left.name.count, left.name) < (right.name.count, right.name)
      case .busy: (-left.busy, left.name) < (-right.busy, right.name)
      case .speed: (-left.speed, left.name) < (-right.speed, right.name)
      }
    }
    scrolled = min(scrolled, max(0, rows.count - 1))
  }

  /// The screen, each line within the width.
  func lines(columns: Int, lines: Int) -> [String] {
    switch sample {
    case .unreachable(let why):
      let reason = Terminal.hanging(Terminal.harmless(why), by: 0, width: columns)
        .split(separator: "\n").map {
          Terminal.styled(clipped(String($0), to: columns), .yellow)
        }
      return fitting([Terminal.styled("Llambo", .bold), ""] + reason, lines: lines)
        + [clipped("Trying again. q ends this.", to: columns)]
    case .cluster(let status, _, let metrics):
      let head = fitting(self.head(status, metrics, columns: columns), lines: lines)
      let room = max(0, lines - head.count - 1)
      return head + table(columns: columns, room: room)
        + [Terminal.styled(clipped(footer(room: room), to: columns), .dim)]
    }
  }

  /// What leaves a line for the keys.
  private func fitting(_ head: [String], lines: Int) -> [String] {
    Array(head.prefix(max(0, lines - 1)))
  }

  private func head(_ status: JSON, _ metrics: JSON, columns: Int) -> [String] {
    func number(_ group: String, _ name: String) -> Int { status[group]?[name]?.integer ?? 0 }
    func time(_ name: String) -> String {
      let quantiles = ["p50", "p99"].map { quantile in
        metrics[name]?[quantile]?.integer.map { "\(quantile) \(Terminal.grouped($0)) ms" }
          ?? "\(quantile) -"
      }
      return quantiles.joined(separator: ", ")
    }
    let uptime = Terminal.duration(status["uptime"]?.number ?? 0)
    let title =
      "Cluster \(status["cluster"]?.string ?? "?") on \(status["listen"]?.string ?? "?"), "
      + (status["draining"]?.bool == true ? "shutting down, " : "")
      + "\(status["strategy"]?.string ?? "?"), up \(uptime)"
    let (busy, slots) = (number("slots", "busy"), number("slots", "total"))
    let speed = Int((metrics["llambo_token_throughput"]?.number ?? 0).rounded())
    let latency = Self.latency(
      [
        "Latency  \(time("llambo_inference_latency_ms"))",
        "first token \(time("llambo_first_token_ms"))",
        "between \(time("llambo_inter_token_ms"))",
      ], columns: columns)
    return [
      Terminal.styled(clipped(title, to: columns), .bold),
      clipped(
        "Nodes    \(number("nodes", "healthy")) healthy of \(number("nodes", "total")), "
          + "\(status["nodes_lost"]?.integer ?? 0) lost and replaced", to: columns),
      clipped(
        "Slots    \(bar(busy, of: slots, width: 20)) \(busy) of \(slots) busy, "
          + "\(number("queue", "waiting")) waiting", to: columns),
      clipped(
        "Tokens   \(Terminal.grouped(speed)) a second, "
          + "\(Terminal.grouped(status["tokens"]?.integer ?? 0)) in all", to: columns),
      clipped(
        "Requests \(Terminal.grouped(number("requests", "finished"))) finished, "
          + "\(Terminal.grouped(number("requests", "failed"))) failed, "
          + "\(Terminal.grouped(number("requests", "retried"))) retried", to: columns),
    ] + latency.map { clipped($0, to: columns) } + [""]
  }

  /// Side by side where there is room, else below one another.
  private static func latency(_ parts: [String], columns: Int) -> [String] {
    let line = parts.joined(separator: ";  ")
    if line.count <= columns { return [line] }
    let margin = String(repeating: " ", count: 9)
    return parts.prefix(1) + parts.dropFirst().map { margin + $0 }
  }

  private func table(columns: Int, room: Int) -> [String] {
    guard room > 1 else { return [] }
    let titles = [
      "NODE", "STATE", "BUSY", "", "TOKENS/S", "REQUESTS", "TOKENS", "RESTARTS", "PID", "TYPE",
    ]
    let shown = rows.dropFirst(scrolled).prefix(room - 1)
    let cells = shown.map { row in
      [
        row.name, row.state, bar(row.busy, of: row.slots, width: 8), "\(row.busy)/\(row.slots)",
        Terminal.grouped(Int(row.speed.rounded())),
      ] + row.cells
    }
    let text = Terminal.table([titles] + cells, rightAligned: [3, 4, 5, 6, 7, 8])
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().enumerated()
      .map { place, line in
        let line = clipped(String(line), to: columns)
        if place == 0 { return Terminal.styled(line, .dim) }
        let state = shown[shown.startIndex + place - 1].state
        return state == "healthy" ? line : Terminal.styled(line, .yellow)
      }
  }

  private func footer(room: Int) -> String {
    let last = min(rows.count, scrolled + max(0, room - 1))
    let part = rows.isEmpty ? "no nodes" : "nodes \(scrolled + 1) to \(last) of \(rows.count)"
    return "q quit   s sort   j k scroll   \(part) by \(order.title)"
  }

  private func bar(_ part: Int, of whole: Int, width: Int) -> String {
    let filled = whole == 0 ? 0 : min(width, (part * width + whole - 1) / whole)
    return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
  }

  /// The line, or what fits of it and a mark.
  private func clipped(_ line: String, to columns: Int) -> String {
    line.count <= columns ? line : line.prefix(max(0, columns - 1)) + "…"
  }
}
