// Measures what the core costs: a pick of each strategy, and a request's whole way through the
// cluster, at 10 to 10,000 nodes. See Benchmarks/README.md.

import LlamboCluster
import LlamboWire

let sizes = [10, 100, 1000, 10_000]
let rounds = CommandLine.arguments.contains("--quick") ? 3 : 9
let repetitions = CommandLine.arguments.contains("--quick") ? 20_000 : 200_000

/// Nanoseconds that one of `count` calls takes: the median of the rounds.
func median(_ count: Int, _ body: () -> Void) -> Double {
  let clock = ContinuousClock()
  let spans = (0..<rounds).map { _ in
    let span = clock.measure(body).components
    return (Double(span.seconds) * 1e9 + Double(span.attoseconds) / 1e9) / Double(count)
  }
  return spans.sorted()[rounds / 2]
}

/// Prompts of 1,000 bytes: 64 beginnings of half of it, and different ends.
let prompts: [PromptDigest] = (0..<1024).map { number in
  let start = String(repeating: "beginning \(number % 64) ", count: 50).prefix(500)
  let end = String(repeating: "end \(number) ", count: 100).prefix(500)
  return PromptDigest(String(start + end))
}

func row(_ name: String, _ figures: [Double]) {
  let cells = figures.map { figure in
    let text = String(Int(figure.rounded()))
    return String(repeating: " ", count: max(0, 9 - text.count)) + text
  }
  print(name + String(repeating: " ", count: max(0, 36 - name.count)) + cells.joined())
}

/// Half of the slots of every node are taken; each repetition takes one and gives one back.
struct Picking {
  static let slots = 16
  var nodes = FreeNodes()
  var strategy: any NodeStrategy
  var random = SplitMix64(seed: 1)
  var running: [Int]

  init(_ strategy: Strategy, _ count: Int) {
    var settings = ClusterSettings()
    settings.types = [.init(name: "tiny", count: count, contextSize: 4096)]
    self.strategy = strategy.make(for: settings)
    running = [Int](repeating: Self.slots / 2, count: count)
    nodes.grow(to: count)
    for place in 0..<count {
      nodes.update(place, group: 0, running: running[place], slots: Self.slots)
      self.strategy.joined("worker-\(place)", type: 0, at: place)
    }
  }

  mutating func pick(_ number: Int) -> Int {
    strategy.pick(for: prompts[number & 1023], among: .all, of: nodes, using: &random)!
  }

  mutating func change(_ place: Int, by difference: Int) {
    running[place] += difference
    nodes.update(place, group: 0, running: running[place], slots: Self.slots)
  }

  /// Picks, with a slot taken and another given back around each pick.
  mutating func run(picks: Bool) {
    var last = 0
    for number in 0..<repetitions {
      let place = picks ? pick(number) : (last &* 31 &+ number) % running.count
      guard running[place] < Self.slots else { continue }
      change(place, by: 1)
      if picks { strategy.sent(prompts[number & 1023], to: place) }
      let other = running[last] > 0 ? last : place
      change(other, by: -1)
      last = place
    }
  }
}

/// A cluster whose every node has joined.
func cluster(_ strategy: Strategy, _ count: Int) -> Cluster {
  var settings = ClusterSettings()
  settings.types = [.init(name: "tiny", count: count, contextSize: 4096)]
  settings.strategy = strategy
  settings.launchesAtOnce = count
  settings.maxNodes = count
  var cluster = Cluster(settings: settings, epoch: 1, seed: 1)
  var directives: [Directive] = []
  cluster.handle(.started, at: 0, into: &directives)
  for case .launch(let node, let type, let epoch) in directives {
    var ignored: [Directive] = []
    cluster.handle(
      .hello(
        LinkID(epoch),
        Hello(
          node: node, epoch: epoch, type: type, model: "m", slots: 4, contextSize: 4096,
          listen: "l", pid: 1)), at: 0, into: &ignored)
  }
  return cluster
}

print(
  "ns" + String(repeating: " ", count: 34)
    + sizes.map { size in
      let text = "\(size)"
      return String(repeating: " ", count: 9 - text.count) + text
    }.joined() + "  nodes")
for strategy in Strategy.allCases {
  row(
    "pick, \(strategy.rawValue)",
    sizes.map { size in
      var picking = Picking(strategy, size)
      return median(repetitions) {
        var sum = 0
        for number in 0..<repetitions { sum &+= picking.pick(number) }
        precondition(sum >= 0)
      }
    })
}
for strategy in Strategy.allCases {
  row(
    "pick, claim, release, \(strategy.rawValue)",
    sizes.map { size in
      var picking = Picking(strategy, size)
      return median(repetitions) { picking.run(picks: true) }
    })
}

var nextRequest: UInt64 = 0
row(
  "request, least-loaded",
  sizes.map { size in
    var cluster = cluster(.leastLoaded, size)
    var directives: [Directive] = []
    let count = repetitions / 10
    return median(count) {
      for number in 0..<count {
        nextRequest += 1
        let request = RequestID(nextRequest)
        directives.removeAll(keepingCapacity: true)
        let submission = Submission(client: ClientID(1), prompt: prompts[number & 1023])
        cluster.handle(.submitted(request, submission), at: 1, into: &directives)
        guard case .send(_, let link)? = directives.first else { fatalError("not sent") }
        cluster.handle(.finished(request, link), at: 1, into: &directives)
      }
    }
  })
row(
  "token",
  sizes.map { size in
    var cluster = cluster(.leastLoaded, size)
    var directives: [Directive] = []
    nextRequest += 1
    let request = RequestID(nextRequest)
    cluster.handle(.submitted(request), at: 1, into: &directives)
    guard case .send(_, let link)? = directives.first else { fatalError("not sent") }
    var index = 0
    return median(repetitions) {
      for _ in 0..<repetitions {
        precondition(cluster.acceptToken(of: request, from: link, index: index, token: 1, at: 1))
        index += 1
      }
    }
  })
row(
  "digest of 1,000 bytes",
  sizes.map { _ in
    let text = Array(String(repeating: "some words ", count: 91).utf8.prefix(1000))
    return median(1000) {
      for _ in 0..<1000 { precondition(PromptDigest(of: text.span).length == 1000) }
    }
  })
