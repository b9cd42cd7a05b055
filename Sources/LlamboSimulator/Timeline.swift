import LlamboCluster

/// What one run looked like over time, for a drawing.
package struct Timeline: Sendable {
  struct Span: Sendable {
    let state: String
    let start: Milliseconds
    var end: Milliseconds
  }

  struct Lane: Sendable {
    let name: String
    var spans: [Span] = []
    var marks: [Mark] = []
  }

  struct Mark: Sendable {
    let name: String
    let time: Milliseconds
  }

  struct Sample: Sendable {
    let time: Milliseconds
    let queued: Int
    let running: Int
  }

  private(set) var lanes: [Lane] = []
  /// What happens to no node in particular.
  private(set) var marks: [Mark] = []
  /// When the orchestrator was not there.
  private(set) var absences: [Span] = []
  private(set) var samples: [Sample] = []
  private(set) var end: Milliseconds = 0
  private var places: [String: Int] = [:]
  private var lastSample: Milliseconds = 0

  mutating func sample(_ shell: Shell, at now: Milliseconds) {
    let isUp = shell.isUp
    samples.append(
      Sample(
        time: now, queued: isUp ? shell.cluster.queued : 0,
        running: isUp ? shell.cluster.running : 0
      ))
    let interval = now - lastSample
    lastSample = now
    guard isUp else { return extend(&absences, "away", interval, now) }
    for node in shell.cluster.nodes {
      extend(&lanes[place(of: node.id)].spans, node.state.name, interval, now)
    }
  }

  /// What was so at the last sample and is so now was so in between.
  private func extend(
    _ spans: inout [Span], _ state: String, _ interval: Milliseconds, _ now: Milliseconds
  ) {
    if let last = spans.indices.last, spans[last].state == state, spans[last].end == now {
      spans[last].end = now + interval
    } else {
      spans.append(Span(state: state, start: now, end: now + interval))
    }
  }

  mutating func mark(_ name: String, on node: String? = nil, at now: Milliseconds) {
    let mark = Mark(name: name, time: now)
    if let node { lanes[place(of: node)].marks.append(mark) } else { marks.append(mark) }
  }

  mutating func end(at now: Milliseconds) { end = now }

  private mutating func place(of node: String) -> Int {
    if let place = places[node] { return place }
    places[node] = lanes.count
    lanes.append(Lane(name: node))
    return lanes.count - 1
  }
}
