import LlamboWire
import Testing

@testable import LlamboCluster

/// Other settings while the cluster serves.
struct ReloadTests {
  private static func idsLeaving(_ stage: Stage) -> [String] {
    stage.cluster.nodes.filter(\.isStopping).map(\.id)
  }

  @Test func countsThatChangeBringNodesOrDrainThem() {
    let stage = Stage(nodes: 2)
    _ = stage.bringUp()
    let up = stage.apply { $0.types[0].count = 4 }
    #expect(up.resizing.added == ["worker-0003", "worker-0004"])
    _ = stage.answer(up.directives)
    let down = stage.apply { $0.types[0].count = 1 }
    #expect(down.resizing.drained.count == 3)
    #expect(stage.cluster.target(of: "tiny") == 1)
  }

  @Test func aCountThatStaysLeavesAnOperatorsChoiceAlone() throws {
    let stage = Stage(nodes: 2)
    _ = stage.bringUp()
    var directives: [Directive] = []
    _ = try stage.cluster.spawn(2, of: "tiny", at: stage.now, into: &directives)
    _ = stage.answer(directives)
    let result = stage.apply { $0.queueLimit = 7 }
    #expect(result.resizing == Cluster.Resizing())
    #expect(stage.cluster.nodes.count == 4)
    #expect(stage.cluster.settings.queueLimit == 7)
  }

  @Test func aNewTypeStartsAndOneThatIsGoneDrains() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    let result = stage.apply { $0.types = [.init(name: "large", count: 1)] }
    #expect(result.resizing.drained == ["worker-0001", "worker-0002"])
    #expect(result.resizing.added == ["worker-0003"])
    #expect(result.directives.failures == [])
    // What runs goes on to its end, and what comes goes to the new type.
    #expect(stage.token(request, from: links[0]))
    #expect(stage.handle(.finished(request, links[0])) == [])
    let new = stage.answer(result.directives)
    #expect(stage.place() == new[0])
    for (node, epoch) in [("worker-0001", UInt64(101)), ("worker-0002", 102)] {
      #expect(
        stage.handle(.processEnded(node: node, epoch: epoch, reason: "ended")).launches.isEmpty)
    }
    #expect(stage.cluster.nodes.map(\.type) == ["large"])
    let error = #expect(throws: WireError.self) {
      try stage.cluster.types(for: Submission(type: "tiny"))
    }
    #expect(error?.message.contains("the configuration has large") == true)
  }

  @Test func typesComeAndGoWithoutEnd() {
    let stage = Stage(nodes: 1)
    _ = stage.bringUp()
    for round in 0..<200 {
      let result = stage.apply { $0.types = [.init(name: "type-\(round)", count: 1)] }
      #expect(stage.answer(result.directives).count == 1)
      for node in stage.cluster.nodes where node.isStopping {
        _ = stage.handle(.processEnded(node: node.id, epoch: node.epoch, reason: "ended"))
      }
    }
    #expect(stage.cluster.nodes.count == 1)
    #expect(stage.cluster.settings.types.count <= 3)
    #expect(stage.place() != nil)
  }

  @Test func aTypeThatComesBackIsTheSame() {
    let stage = Stage(nodes: 1)
    _ = stage.bringUp()
    _ = stage.apply { $0.types = [] }
    let back = stage.apply { $0.types = [.init(name: "tiny", count: 2)] }
    // The one that drains is on its way out, and stays so.
    #expect(back.resizing.added.count == 2)
    #expect(stage.cluster.settings.types.map(\.isRetired) == [false])
  }

  @Test func anotherStrategyChoosesFromNowOn() {
    let stage = Stage(nodes: 2) { $0.strategy = .leastLoaded }
    _ = stage.bringUp(slots: 4)
    _ = stage.handle(.useStrategy(.random))
    _ = stage.apply { $0.queueLimit = 9 }
    #expect(stage.cluster.strategyName == .leastLoaded)
    _ = stage.apply { $0.strategy = .cognitiveAffinity }
    #expect(stage.cluster.strategyName == .cognitiveAffinity)
    #expect(stage.place() != nil)
  }

  @Test func requestsKeepTheTimeoutThatTheyCameWith() {
    let stage = Stage(nodes: 0) {
      $0.autoScale = true
      $0.requestTimeout = 10_000
    }
    _ = stage.handle(.started)
    _ = stage.submit()
    _ = stage.apply { $0.requestTimeout = 1000 }
    let young = stage.submit().request
    let soon = stage.run(1000)
    let first = soon.compactMap { directive -> RequestID? in
      if case .fail(let id, let error) = directive, error.message.contains("1000 ms") { return id }
      return nil
    }
    #expect(first == [young])
    #expect(stage.run(8000).failures == [])
    #expect(stage.run(1000).failures == [.timeout])
    #expect(stage.cluster.deadlines.count == 1)
  }

  @Test func nodesArePingedAtTheNewPace() {
    let stage = Stage { $0.healthCheckInterval = 3_600_000 }
    let link = stage.bringUp()[0]
    _ = stage.advance(3_600_000)
    _ = stage.apply { $0.healthCheckInterval = 100 }
    #expect(stage.advance(100).contains(.ping(link)))
  }

  // MARK: Types that have changed

  @Test func anOldNodeLeavesWhenANewOneServes() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let result = stage.apply(rolling: ["tiny"])
    #expect(result.directives.launches.map(\.node) == ["worker-0003"])
    #expect(stage.cluster.target(of: "tiny") == 2)
    #expect(Self.idsLeaving(stage) == [])
    _ = stage.answer(result.directives)
    // Now the first may go, and the second's successor comes.
    let second = stage.advance(50)
    #expect(Self.idsLeaving(stage) == ["worker-0001"])
    #expect(second.launches.map(\.node) == ["worker-0004"])
    _ = stage.answer(second)
    _ = stage.advance(50)
    #expect(Self.idsLeaving(stage) == ["worker-0001", "worker-0002"])
    for (node, epoch) in [("worker-0001", UInt64(101)), ("worker-0002", 102)] {
      #expect(
        stage.handle(.processEnded(node: node, epoch: epoch, reason: "ended")).launches.isEmpty)
    }
    _ = stage.advance(50)
    #expect(stage.cluster.rolling.isEmpty)
    #expect(Set(stage.cluster.nodes.map(\.id)) == ["worker-0003", "worker-0004"])
    #expect(!links.contains(stage.place()!))
  }

  @Test func aTypeThatDoesNotComeUpKeepsItsOldNodes() {
    let stage = Stage(nodes: 2)
    _ = stage.bringUp()
    var launches = stage.apply(rolling: ["tiny"]).directives.launches
    for round in 0..<20 {
      if round > 0 { launches = stage.run(1000).launches }
      for launch in launches {
        let end = stage.handle(
          .processEnded(node: launch.node, epoch: launch.epoch, reason: "no such model"))
        #expect(end.failures == [])
        // The first failure is forgiven at once.
        for again in end.launches {
          _ = stage.handle(
            .processEnded(node: again.node, epoch: again.epoch, reason: "no such model"))
        }
      }
    }
    #expect(Self.idsLeaving(stage) == [])
    #expect(stage.place() != nil)
    // The next change starts anew at once, however long the launches were held.
    #expect(stage.apply(rolling: ["tiny"]).directives.launches.map(\.node) == ["worker-0003"])
  }

  @Test func withoutRoomForOneMoreTheOldNodeGoesFirst() {
    let stage = Stage(nodes: 2) { $0.maxNodes = 2 }
    let links = stage.bringUp()
    let result = stage.apply(rolling: ["tiny"])
    #expect(result.directives.launches.isEmpty)
    #expect(Self.idsLeaving(stage) == ["worker-0001"])
    #expect(stage.place() == links[1])
    let end = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "ended"))
    #expect(end.launches.map(\.node) == ["worker-0001"])
    _ = stage.answer(end)
    _ = stage.advance(50)
    #expect(Self.idsLeaving(stage) == ["worker-0002"])
  }

  @Test func aNodeThatLeavesMeanwhileTakesItsSuccessorAlong() {
    let stage = Stage(nodes: 2)
    _ = stage.bringUp()
    _ = stage.apply(rolling: ["tiny"])
    _ = stage.handle(.drain(node: "worker-0001", grace: 0))
    #expect(stage.cluster.target(of: "tiny") == 1)
    #expect(stage.node("worker-0003")?.isStopping == true)
    _ = stage.handle(.stop(node: "worker-0002"))
    #expect(stage.cluster.target(of: "tiny") == 0)
  }

  @Test func aNodeThatCrashesMeanwhileStillLeavesForItsSuccessor() {
    let stage = Stage(nodes: 1)
    _ = stage.bringUp()
    let result = stage.apply(rolling: ["tiny"])
    let again = stage.handle(.processEnded(node: "worker-0001", epoch: 101, reason: "crashed"))
    #expect(again.launches.map(\.node) == ["worker-0001"])
    _ = stage.answer(again)
    _ = stage.answer(result.directives)
    _ = stage.advance(50)
    #expect(Self.idsLeaving(stage) == ["worker-0001"])
    #expect(stage.cluster.target(of: "tiny") == 1)
  }

  @Test func aQuarterOfManyIsExchangedAtOnce() {
    let stage = Stage(nodes: 16) { $0.launchesAtOnce = 100 }
    _ = stage.bringUp()
    #expect(stage.apply(rolling: ["tiny"]).directives.launches.count == 4)
  }

  @Test func nothingIsLostWhileAllIsExchanged() {
    let stage = Stage(nodes: 3) { $0.drainGrace = 200 }
    var links: [LinkID: (node: String, epoch: UInt64)] = [:]
    var running: [RequestID: LinkID] = [:]
    var failures: [WireError.Code] = []
    func perform(_ directives: [Directive]) {
      failures += directives.failures
      for directive in directives {
        switch directive {
        case .launch(let node, _, let epoch):
          let link = stage.newLink()
          links[link] = (node, epoch)
          _ = stage.handle(.launched(node: node, epoch: epoch, pid: Int(epoch)))
          perform(stage.handle(.hello(link, stage.hello(node, epoch: epoch))))
        case .send(let request, let link): running[request] = link
        case .ping(let link): perform(stage.handle(.heard(link)))
        case .cancel(let request, let link):
          perform(stage.handle(.finished(request, link)))
          guard let (node, epoch) = links.removeValue(forKey: link) else { continue }
          perform(stage.handle(.processEnded(node: node, epoch: epoch, reason: "ended")))
        default: break
        }
      }
    }
    perform(stage.handle(.started))
    for _ in 0..<3 { perform(stage.submit().directives) }
    perform(stage.apply(rolling: ["tiny"]).directives)
    for _ in 0..<200 {
      perform(stage.advance(50))
      // Every answer grows, so that no node seems to stall.
      for (request, link) in running where stage.cluster.isServed(request, by: link) {
        _ = stage.token(request, from: link)
      }
    }
    #expect(failures == [])
    #expect(stage.cluster.running == 3)
    let names: Set<String> = ["worker-0001", "worker-0002", "worker-0003"]
    #expect(names.isDisjoint(with: stage.cluster.nodes.map(\.id)))
    #expect(stage.cluster.nodes.count == 3)
  }
}

extension Stage {
  fileprivate func apply(
    rolling: Set<String> = [], _ change: (inout ClusterSettings) -> Void = { _ in }
  ) -> (resizing: Cluster.Resizing, directives: [Directive]) {
    var settings = cluster.settings
    settings.types.removeAll(where: \.isRetired)
    change(&settings)
    var directives: [Directive] = []
    let resizing = cluster.apply(settings, rolling: rolling, at: now, into: &directives)
    return (resizing, directives)
  }
}
