import LlamboCluster

extension Timeline {
  /// Lanes of one drawing. Of more nodes those are drawn that most befell.
  private static let mostLanes = 64

  /// One run as a picture: a lane for each node, what befell whom, and the queue below.
  package func svg(title: String) -> String {
    var drawing = Drawing(timeline: self, lanes: lanesToDraw)
    return drawing.render(title: title)
  }

  private var lanesToDraw: [Lane] {
    guard lanes.count > Timeline.mostLanes else { return lanes }
    let busiest = lanes.indices.sorted {
      let left = lanes[$0].marks.count + lanes[$0].spans.count
      let right = lanes[$1].marks.count + lanes[$1].spans.count
      return left == right ? $0 < $1 : left > right
    }
    return busiest.prefix(Timeline.mostLanes).sorted().map { lanes[$0] }
  }
}

/// Places and colours of one drawing, in pixels.
private struct Drawing {
  private static let width = 1280
  private static let left = 120
  private static let right = 24
  private static let laneHeight = 16
  private static let chartHeight = 90
  private static let clusterHeight = 74

  private static let states: [(name: String, colour: String)] = [
    ("healthy", "#5cb270"), ("starting", "#f2c94c"), ("waiting", "#c9ced6"),
    ("unlinked", "#f2994a"), ("ejected", "#e8590c"), ("draining", "#9bbcf2"),
    ("stopping", "#b294d9"),
  ]

  private static let kinds: [(name: String, colour: String)] = [
    ("of a process", "#c92a2a"), ("of the network", "#1864ab"), ("of an answer", "#7048a8"),
    ("of a launch", "#8a5a00"), ("of the cluster, or asked of it", "#1f2933"),
  ]

  let timeline: Timeline
  let lanes: [Timeline.Lane]
  private var text = ""

  init(timeline: Timeline, lanes: [Timeline.Lane]) {
    self.timeline = timeline
    self.lanes = lanes
  }

  mutating func render(title: String) -> String {
    let top = 84 + Drawing.clusterHeight
    let chartTop = top + lanes.count * Drawing.laneHeight + 34
    let height = chartTop + Drawing.chartHeight + 40
    text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Drawing.width)" height="\(height)" \
      viewBox="0 0 \(Drawing.width) \(height)" font-family="sans-serif" font-size="11">
      <rect width="\(Drawing.width)" height="\(height)" fill="#ffffff"/>
      <text x="\(Drawing.left)" y="22" font-size="15" font-weight="bold">\(escaped(title))</text>

      """
    legend()
    grid(from: top - 8, to: chartTop + Drawing.chartHeight)
    absences(from: top - 20, to: chartTop + Drawing.chartHeight)
    clusterMarks(above: top)
    for (row, lane) in lanes.enumerated() {
      draw(lane, at: top + row * Drawing.laneHeight)
    }
    if lanes.count < timeline.lanes.count {
      label(
        "\(lanes.count) of \(timeline.lanes.count) nodes, those that most befell", Drawing.left,
        top + lanes.count * Drawing.laneHeight + 14, colour: "#52606d")
    }
    chart(at: chartTop)
    text += "</svg>\n"
    return text
  }

  // MARK: Parts

  private mutating func legend() {
    var x = Drawing.left
    for (name, colour) in Drawing.states {
      text += "<rect x=\"\(x)\" y=\"34\" width=\"14\" height=\"10\" fill=\"\(colour)\"/>\n"
      label(name, x + 19, 43)
      x += 92
    }
    text +=
      "<rect x=\"\(x)\" y=\"34\" width=\"14\" height=\"10\" fill=\"#1f2933\" "
      + "fill-opacity=\"0.12\"/>\n"
    label("no orchestrator", x + 19, 43)
    x = Drawing.left
    label("faults:", x, 63)
    x += 46
    for (place, kind) in Drawing.kinds.enumerated() {
      mark(kind: place, x + 5, 59, "")
      label(kind.name, x + 14, 63)
      x += 118
    }
  }

  private mutating func grid(from top: Int, to bottom: Int) {
    let seconds = Int(timeline.end / 1000)
    let step = max(1, (seconds + 19) / 20)
    for second in stride(from: 0, through: seconds, by: step) {
      let x = self.x(Milliseconds(second) * 1000)
      text += "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"\(top)\" y2=\"\(bottom)\" stroke=\"#e4e7eb\"/>\n"
      label("\(second) s", x, bottom + 16, anchor: "middle", colour: "#52606d")
    }
  }

  private mutating func absences(from top: Int, to bottom: Int) {
    for span in timeline.absences {
      let start = x(span.start)
      let width = max(2, x(span.end) - start)
      text +=
        "<rect x=\"\(start)\" y=\"\(top)\" width=\"\(width)\" height=\"\(bottom - top)\" "
        + "fill=\"#1f2933\" fill-opacity=\"0.12\"><title>no orchestrator</title></rect>\n"
    }
  }

  /// Marks that belong to no node, each with its name.
  private mutating func clusterMarks(above top: Int) {
    label("cluster", Drawing.left - 8, top - 12, anchor: "end", colour: "#52606d")
    var lastX = -100
    for entry in timeline.marks {
      let x = self.x(entry.time)
      if entry.name == "peace" {
        text +=
          "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"\(top - 60)\" y2=\"\(top + lanes.count * Drawing.laneHeight)\" stroke=\"#1f2933\" stroke-dasharray=\"4 3\"/>\n"
        let isFarRight = x > Drawing.width - 120
        label(
          "the faults stop", isFarRight ? x - 5 : x + 5, top - 52,
          anchor: isFarRight ? "end" : "start")
        continue
      }
      mark(kind: kind(of: entry.name), x, top - 16, "\(entry.name) at \(entry.time) ms")
      // A name where there is room for one.
      if x - lastX >= 11 {
        text +=
          "<text transform=\"translate(\(x + 3),\(top - 24)) rotate(-50)\" font-size=\"9\" fill=\"#3e4c59\">\(escaped(entry.name))</text>\n"
        lastX = x
      }
    }
  }

  private mutating func draw(_ lane: Timeline.Lane, at top: Int) {
    label(lane.name, Drawing.left - 8, top + 11, anchor: "end")
    for span in lane.spans {
      let start = x(span.start)
      let width = max(1, x(span.end) - start)
      text +=
        "<rect x=\"\(start)\" y=\"\(top + 2)\" width=\"\(width)\" height=\"\(Drawing.laneHeight - 4)\" fill=\"\(colour(of: span.state))\"><title>\(lane.name) \(span.state) \(span.start)–\(span.end) ms</title></rect>\n"
    }
    for entry in lane.marks {
      mark(
        kind: kind(of: entry.name), x(entry.time), top + Drawing.laneHeight / 2,
        "\(entry.name) at \(entry.time) ms")
    }
  }

  /// Requests that wait, as an area, and those that run, as a line.
  private mutating func chart(at top: Int) {
    let most = max(1, timeline.samples.reduce(0) { max($0, $1.queued, $1.running) })
    let bottom = top + Drawing.chartHeight
    func y(_ count: Int) -> Int { bottom - count * Drawing.chartHeight / most }
    var area = "\(Drawing.left),\(bottom)"
    var line = ""
    var last = (queued: 0, running: 0)
    for sample in timeline.samples {
      let x = self.x(sample.time)
      area += " \(x),\(y(last.queued)) \(x),\(y(sample.queued))"
      line += " \(x),\(y(last.running)) \(x),\(y(sample.running))"
      last = (sample.queued, sample.running)
    }
    area += " \(x(timeline.end)),\(bottom)"
    text += "<polygon points=\"\(area)\" fill=\"#f2994a\" fill-opacity=\"0.55\"/>\n"
    text += "<polyline points=\"\(line)\" fill=\"none\" stroke=\"#2f6f44\" stroke-width=\"1.3\"/>\n"
    text +=
      "<line x1=\"\(Drawing.left)\" x2=\"\(Drawing.width - Drawing.right)\" y1=\"\(bottom)\" y2=\"\(bottom)\" stroke=\"#7b8794\"/>\n"
    label("\(most)", Drawing.left - 8, top + 8, anchor: "end", colour: "#52606d")
    label("0", Drawing.left - 8, bottom, anchor: "end", colour: "#52606d")
    text +=
      "<rect x=\"8\" y=\"\(top + 30)\" width=\"12\" height=\"9\" fill=\"#f2994a\" fill-opacity=\"0.55\"/>\n"
    label("requests waiting", 24, top + 38)
    text +=
      "<line x1=\"8\" x2=\"20\" y1=\"\(top + 52)\" y2=\"\(top + 52)\" stroke=\"#2f6f44\" stroke-width=\"2\"/>\n"
    label("requests running", 24, top + 56)
  }

  // MARK: Marks and words

  /// A triangle, diamond, circle, square or bar, so that kinds differ without colour too.
  private mutating func mark(kind: Int, _ x: Int, _ y: Int, _ title: String) {
    let colour = Drawing.kinds[kind].colour
    let shape =
      switch kind {
      case 0: "<path d=\"M\(x - 4) \(y - 4)h8l-4 8z\""
      case 1: "<path d=\"M\(x) \(y - 5)l4 5l-4 5l-4 -5z\""
      case 2: "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"3\""
      case 3: "<rect x=\"\(x - 3)\" y=\"\(y - 3)\" width=\"6\" height=\"6\""
      default: "<rect x=\"\(x - 1)\" y=\"\(y - 6)\" width=\"3\" height=\"12\""
      }
    text += "\(shape) fill=\"\(colour)\" stroke=\"#ffffff\" stroke-width=\"0.6\">"
    text +=
      "<title>\(escaped(title))</title></\(kind == 2 ? "circle" : kind < 2 ? "path" : "rect")>\n"
  }

  private mutating func label(
    _ words: String, _ x: Int, _ y: Int, anchor: String = "start", colour: String = "#1f2933"
  ) {
    text +=
      "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\" fill=\"\(colour)\">\(escaped(words))</text>\n"
  }

  private func x(_ time: Milliseconds) -> Int {
    let span = Drawing.width - Drawing.left - Drawing.right
    return Drawing.left + Int(time) * span / max(1, Int(timeline.end))
  }

  private func colour(of state: String) -> String {
    Drawing.states.first { $0.name == state }?.colour ?? "#7b8794"
  }

  private func kind(of name: String) -> Int {
    guard let fault = Fault.allCases.first(where: { $0.name == name }) else { return 4 }
    return switch fault.kind {
    case .process: 0
    case .network: 1
    case .answer: 2
    case .launch: 3
    case .cluster: 4
    }
  }

  private func escaped(_ words: String) -> String {
    var escaped = ""
    for character in words {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
