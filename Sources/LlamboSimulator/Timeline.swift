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
  private(set) var samples: [Sample] = []
  private(set) var end: Milliseconds = 0
  private var places: [String: Int] = [:]

  mutating func sample(_ shell: Shell, at now: Milliseconds) {
    let isUp = shell.isUp
    samples.append(
      Sample(
        time: now, queued: isUp ? shell.cluster.queued : 0,
        running: isUp ? shell.cluster.running : 0
      ))
    guard isUp else { return }
    for node in shell.cluster.nodes {
      let lane = place(of: node.id)
      let state = node.state.name
      if let last = lanes[lane].spans.indices.last, lanes[lane].spans[last].state == state,
        now - lanes[lane].spans[last].end < 500
      {
        lanes[lane].spans[last].end = now
      } else {
        lanes[lane].spans.append(Span(state: state, start: now, end: now))
      }
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
