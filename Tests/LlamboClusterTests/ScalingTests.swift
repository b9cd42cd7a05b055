import LlamboWire
import Testing

@testable import LlamboCluster

struct ScalingTests {
  /// A cluster that scales, with nodes of four slots; what it launches dials in at once, and what
  /// it stops ends at once.
  private final class Autoscaled {
    let stage: Stage
    /// Sizes in their order, one for each change.
    var sizes: [Int] = []
    var changes: [(time: Milliseconds, grew: Bool)] = []
    private var links: [LinkID: (node: String, epoch: UInt64)] = [:]
    var running: [RequestID: LinkID] = [:]

    init(nodes: Int, _ configure: (inout ClusterSettings) -> Void = { _ in }) {
      stage = Stage(nodes: nodes) {
        $0.autoScale = true
        $0.minNodes = 0
        $0.requestTimeout = 10_000_000
        $0.stallTimeout = 10_000_000
        $0.launchesAtOnce = 1000
        $0.waitShare = 1000
        configure(&$0)
      }
      perform(stage.handle(.started))
    }

    var size: Int { stage.cluster.nodes.count }

    func perform(_ directives: [Directive]) {
      for directive in directives {
        switch directive {
        case .launch(let node, _, let epoch):
          let link = stage.newLink()
          links[link] = (node, epoch)
          _ = stage.handle(.launched(node: node, epoch: epoch, pid: Int(epoch)))
          perform(stage.handle(.hello(link, stage.hello(node, epoch: epoch, slots: 4))))
        case .send(let request, let link): running[request] = link
        case .stopNode(let link, _, _):
          guard let (node, epoch) = links.removeValue(forKey: link) else { continue }
          perform(stage.handle(.processEnded(node: node, epoch: epoch, reason: "ended")))
        case .ping(let link): perform(stage.handle(.heard(link)))
        default: break
        }
      }
    }

    /// Keeps that many requests in the cluster while time passes.
    func run(_ span: Milliseconds, requests: Int) {
      for _ in 0..<span / 250 {
        while stage.cluster.requests.count < requests { perform(stage.submit().directives) }
        while stage.cluster.requests.count > requests {
          let request = running.keys.min { $0.number < $1.number }!
          perform(stage.handle(.finished(request, running.removeValue(forKey: request)!)))
        }
        let before = size
        perform(stage.advance(250))
        if size != before {
          sizes.append(size)
          changes.append((stage.now, size > before))
        }
      }
    }
  }

  @Test func aBusyClusterGrowsByItsFactorUpToItsMost() {
    let cluster = Autoscaled(nodes: 2) { $0.maxNodes = 12 }
    cluster.run(200_000, requests: 100)
    #expect(cluster.sizes == [3, 4, 6, 9, 12])
  }

  @Test func anIdleClusterShrinksToItsLeast() {
    let cluster = Autoscaled(nodes: 20) { $0.minNodes = 3 }
    cluster.run(800_000, requests: 0)
    #expect(cluster.sizes == [13, 8, 5, 3])
  }

  @Test func betweenTheThresholdsNothingHappens() {
    let cluster = Autoscaled(nodes: 4)
    cluster.run(400_000, requests: 8)
    #expect(cluster.sizes == [])
  }

  @Test func aShortBurstIsSmoothedAway() {
    let cluster = Autoscaled(nodes: 4)
    cluster.run(60_000, requests: 8)
    cluster.run(2000, requests: 16)
    cluster.run(60_000, requests: 8)
    #expect(cluster.sizes == [])
  }

  @Test func loadThatSwingsTurnsTheSizeRoundOnceACooldownAtMost() {
    let cluster = Autoscaled(nodes: 4) {
      $0.scaleUpCooldown = 60_000
      $0.scaleDownCooldown = 60_000
      $0.minNodes = 1
    }
    for _ in 0..<20 {
      cluster.run(20_000, requests: 60)
      cluster.run(20_000, requests: 0)
    }
    let turns = zip(cluster.changes, cluster.changes.dropFirst()).filter { $0.grew != $1.grew }
    for (first, second) in turns { #expect(second.time - first.time >= 60_000) }
    #expect(cluster.changes.count > 2)
  }

  @Test func withoutDataTheSizeIsHeld() {
    let stage = Stage(nodes: 4) {
      $0.autoScale = true
      $0.startTimeout = 10_000_000
      $0.requestTimeout = 10_000_000
    }
    _ = stage.handle(.started)
    for _ in 0..<50 { _ = stage.submit() }
    _ = stage.run(300_000, step: 250)
    #expect(stage.cluster.nodes.count == 4)
  }

  @Test func anIdleTypeGoesToZeroAndComesBackForTheNextRequest() {
    let cluster = Autoscaled(nodes: 1)
    cluster.run(200_000, requests: 0)
    #expect(cluster.size == 0)
    let (request, directives) = cluster.stage.submit()
    #expect(directives.launches.count == 1 && directives.failures == [])
    #expect(cluster.stage.submit().directives == [])
    cluster.perform(directives)
    #expect(cluster.size == 1)
    #expect(cluster.running[request] != nil)
  }

  @Test func withoutAutoscalingAnEmptyClusterStillRefuses() {
    let stage = Stage(nodes: 0)
    _ = stage.handle(.started)
    #expect(stage.submit().directives.failures == [.noNodes])
  }

  @Test func aTypeThatIsAskedForIsLaunchedThoughOthersServe() {
    let stage = Stage {
      $0.types = [
        .init(name: "tiny", count: 1), .init(name: "large", count: 0),
        .init(name: "none", count: 0, maxNodes: 0),
      ]
      $0.autoScale = true
    }
    _ = stage.bringUp()
    let (_, directives) = stage.submit(Submission(type: "large"))
    #expect(directives.launches.count == 1)
    #expect(stage.cluster.nodes.last?.type == "large")
    #expect(stage.submit(Submission(type: "none")).directives.failures == [.noNodes])
  }

  @Test func theLeastOfATypeIsKept() {
    let stage = Stage {
      $0.types = [.init(name: "tiny", count: 0, minNodes: 2)]
      $0.autoScale = true
    }
    _ = stage.handle(.started)
    #expect(stage.advance(1000).launches.count == 2)
  }

  @Test func whatRunsOnANodeThatIsGivenUpFinishesOrMoves() {
    let stage = Stage(nodes: 4) {
      $0.autoScale = true
      $0.requestTimeout = 10_000_000
      $0.stallTimeout = 10_000_000
      $0.drainGrace = 5000
    }
    _ = stage.bringUp(slots: 8)
    let request = stage.submit().request
    let directives = stage.run(200_000, step: 250)
    #expect(directives.contains { if case .stopNode = $0 { true } else { false } })
    #expect(stage.cluster.requests[request]?.state.link != nil)
    #expect(directives.failures == [])
  }
}
