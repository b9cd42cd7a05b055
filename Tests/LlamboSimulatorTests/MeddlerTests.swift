import Foundation
import LlamboCluster
import LlamboSimulator
import LlamboWire
import Testing

/// The checkers bite: each of these breaks one thing between the cluster and the world, and the
/// rule that it breaks must be named within a few seeds.
@Suite struct MeddlerTests {
  /// Runs a broken world until the rule is found broken.
  private func expect(
    _ rule: Rule, nodes: Int? = 4, _ meddler: () -> Meddler,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var others: Set<String> = []
    for seed in 1...150 as ClosedRange<UInt64> {
      let violations = Runs.of(seed, nodes: nodes, meddler: meddler()).violations
      if violations.contains(where: { $0.rule == rule }) { return }
      others.formUnion(violations.map(\.rule.rawValue))
    }
    Issue.record(
      "\(rule.rawValue) was never found broken, but \(others.sorted())",
      sourceLocation: sourceLocation)
  }

  private func changing(_ settings: @escaping (inout ClusterSettings) -> Void) -> Meddler {
    var meddler = Meddler()
    meddler.settings = settings
    return meddler
  }

  private func changing(directives: @escaping (inout [Directive]) -> Void) -> Meddler {
    var meddler = Meddler()
    meddler.directives = directives
    return meddler
  }

  // MARK: What clients see

  @Test func aTokenTwiceIsFound() {
    expect(.contiguous) {
      var meddler = Meddler()
      meddler.token = { $0.index == 2 ? [$0, $0] : [$0] }
      return meddler
    }
  }

  @Test func aLostTokenIsFound() {
    expect(.contiguous) {
      var meddler = Meddler()
      meddler.token = { $0.index == 2 ? [] : [$0] }
      return meddler
    }
  }

  @Test func anotherTokenIsFound() {
    expect(.rightTokens) {
      var meddler = Meddler()
      meddler.token = { token in
        var token = token
        if token.index == 2 { token.id ^= 1 }
        return [token]
      }
      return meddler
    }
  }

  @Test func aDroppedRequestIsFound() {
    expect(.inTime) {
      var meddler = Meddler()
      meddler.event = { event in
        if case .submitted(let request, _) = event, request.number % 10 == 0 { nil } else { event }
      }
      return meddler
    }
  }

  @Test func aDroppedErrorIsFound() {
    expect(.nothingLost) {
      changing(directives: { directives in
        directives.removeAll { if case .fail = $0 { true } else { false } }
      })
    }
  }

  @Test func aSecondEndIsFound() {
    expect(.endsOnce) {
      changing(directives: { directives in
        for case .fail(let request, let error) in directives {
          directives.append(.fail(request, error))
        }
      })
    }
  }

  @Test func aCancelThatNobodyAskedForIsFound() {
    expect(.cancelledOnlyIfAsked) {
      changing(directives: { directives in
        for place in directives.indices {
          if case .fail(let request, _) = directives[place] {
            directives[place] = .endCancelled(request)
          }
        }
      })
    }
  }

  @Test func aLateAnswerIsFound() { expect(.inTime) { changing { $0.requestTimeout *= 3 } } }

  // MARK: Fusions

  private func changing(fusions: @escaping (inout [Fusion.Action]) -> Void) -> Meddler {
    var meddler = Meddler()
    meddler.fusion = fusions
    return meddler
  }

  @Test func aFusionWithoutEndIsFound() {
    expect(.fusionEnds) {
      changing(fusions: { $0.removeAll { if case .finish = $0 { true } else { false } } })
    }
  }

  @Test func aFusionThatEndsTwiceIsFound() {
    expect(.fusionEnds) {
      changing(fusions: { actions in
        if let last = actions.last, case .finish = last { actions.append(last) }
      })
    }
  }

  @Test func aMemberThatWorksOnIsFound() {
    expect(.fusionEnds) {
      changing(fusions: { $0.removeAll { if case .cancel = $0 { true } else { false } } })
    }
  }

  @Test func aFusionWithAnotherTokenIsFound() {
    expect(.fusionAnswers) {
      changing(fusions: { actions in
        for place in actions.indices {
          guard case .show(var line) = actions[place], line.index == 1 else { continue }
          line.token ^= 1
          actions[place] = .show(line)
        }
      })
    }
  }

  @Test func aFusionThatLeavesOutATokenIsFound() {
    expect(.fusionAnswers) {
      changing(fusions: { actions in
        actions.removeAll { if case .show(let line) = $0 { line.index == 0 } else { false } }
      })
    }
  }

  @Test func aWinnerWhoDidNotWinIsFound() {
    expect(.fusionAnswers) {
      var meddler = Meddler()
      // Members may say what they like, as long as they say it first.
      meddler.fused = { FusionRequest(.fastest, nodes: $0.nodes) }
      return meddler
    }
  }

  // MARK: Slots

  @Test func aRequestOnTwoNodesIsFound() {
    expect(.oneNodeAtATime) {
      var last: LinkID?
      return changing(directives: { directives in
        for case .send(let request, let link) in directives {
          if let last, last != link { directives.append(.send(request, last)) }
          last = link
        }
      })
    }
  }

  @Test func aSlotThatIsNotGivenBackIsFound() {
    expect(.slotsConserved) {
      var meddler = Meddler()
      meddler.event = { if case .finished = $0 { nil } else { $0 } }
      return meddler
    }
  }

  @Test func moreRequestsThanSlotsAreFound() {
    expect(.slotBound) {
      var meddler = Meddler()
      meddler.event = { event in
        guard case .hello(let link, var hello) = event else { return event }
        hello.slots += 3
        return .hello(link, hello)
      }
      return meddler
    }
  }

  @Test func aFreeSlotBesideTheQueueIsFound() {
    struct Idler: NodeStrategy {
      func pick(
        for prompt: PromptDigest, among types: TypeMask, of nodes: FreeNodes,
        using random: inout SplitMix64
      ) -> Int? { nil }
    }
    expect(.noIdleSlotBesideQueue) {
      var meddler = Meddler()
      meddler.strategy = Idler()
      return meddler
    }
  }

  @Test func aClientThatIsServedBeforeItsTurnIsFound() {
    expect(.fairness, nodes: 1) {
      var meddler = Meddler()
      meddler.event = { event in
        guard case .submitted(let request, var submission) = event else { return event }
        submission.client = ClientID(0)
        return .submitted(request, submission)
      }
      return meddler
    }
  }

  // MARK: Lives and links

  @Test func anEpochGivenTwiceIsFound() {
    expect(.epochsGrow) {
      changing(directives: { directives in
        for place in directives.indices {
          if case .launch(let node, let type, _) = directives[place] {
            directives[place] = .launch(node: node, type: type, epoch: 1)
          }
        }
      })
    }
  }

  @Test func workForADeadEpochIsFound() {
    expect(.noWorkOnDeadEpoch) {
      var zombie: LinkID?
      return changing(directives: { directives in
        directives.removeAll { directive in
          guard case .closeLink(let link) = directive else { return false }
          if zombie == nil { zombie = link }
          return zombie == link
        }
        for place in directives.indices {
          if let zombie, case .send(let request, _) = directives[place] {
            directives[place] = .send(request, zombie)
          }
        }
      })
    }
  }

  @Test func aLineOnAClosedLinkIsFound() {
    expect(.openLinks) {
      var closed: LinkID?
      return changing(directives: { directives in
        if let closed { directives.append(.ping(closed)) }
        for case .closeLink(let link) in directives { closed = link }
      })
    }
  }

  @Test func aKillOfAStrangerIsFound() {
    expect(.knownProcesses) {
      changing(directives: { directives in
        for place in directives.indices {
          if case .kill(let node, _) = directives[place] {
            directives[place] = .kill(node: node, pid: 1)
          }
        }
      })
    }
  }

  @Test func aStallThatIsOverlookedIsFound() {
    expect(.stallBound, nodes: 12) { changing { $0.stallTimeout = 60_000 } }
  }

  @Test func aNodeThatIsNotTakenBackIsFound() {
    expect(.adoption) {
      var meddler = Meddler()
      meddler.state = { state in
        for place in state.nodes.indices { state.nodes[place].pid = nil }
      }
      return meddler
    }
  }

  // MARK: Bounds

  @Test func aQueueTooLongIsFound() { expect(.queueBound) { changing { $0.queueLimit += 1_000 } } }
  @Test func tooManyRetriesAreFound() { expect(.retryBound) { changing { $0.maxRetries += 5 } } }
  @Test func tooManyRepetitionsAreFound() {
    expect(.retryBudget) {
      changing {
        $0.retriesPerSecond = 1_000
        $0.maxRetries = 100
      }
    }
  }
  @Test func poisonThatIsPassedOnIsFound() {
    expect(.poisonBound) {
      changing {
        $0.poisonCrashes = 100
        $0.maxRetries = 100
      }
    }
  }
  @Test func tooManyLaunchesAreFound() {
    expect(.launchBound, nodes: 20) { changing { $0.launchesAtOnce += 10 } }
  }
  @Test func tooManyNodesAreFound() { expect(.nodeBound) { changing { $0.maxNodes += 20 } } }
  @Test func tooLongABackoffIsFound() {
    expect(.backoffBound) {
      changing {
        $0.backoffFirst = 20_000
        $0.backoffMost = 60_000
      }
    }
  }

  // MARK: Autoscaling

  @Test func aTypeOutOfItsBoundsIsFound() {
    expect(.scalingBounds) {
      changing {
        for type in $0.types.indices { $0.types[type].minNodes = 0 }
        for type in $0.types.indices { $0.types[type].maxNodes = .max }
      }
    }
  }
  @Test func aChangeBeforeItsTimeIsFound() {
    expect(.scalingCooldown) {
      changing {
        $0.scaleUpCooldown = 0
        $0.scaleDownCooldown = 0
      }
    }
  }
  @Test func aStepTooLargeIsFound() {
    expect(.scalingStep, nodes: 12) { changing { $0.scaleFactor = 20 } }
  }
  @Test func growthWithoutANodeToGoByIsFound() {
    expect(.scalingHolds) {
      changing { settings in
        for type in settings.types.indices {
          settings.types[type].minNodes = settings.types[type].count + 4
        }
      }
    }
  }

  /// Each rule is broken by a test of its own here.
  @Test func everyRuleHasItsTest() throws {
    let text = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    // The cluster's inside has a suite of its own.
    for rule in Rule.allCases where rule != .consistent {
      #expect(text.contains("expect(.\(rule)"), "\(rule)")
    }
  }

  // MARK: The end

  @Test func aClusterThatDoesNotHealIsFound() {
    expect(.converges) {
      changing(directives: { directives in
        directives.removeAll { if case .launch = $0 { true } else { false } }
      })
    }
  }

  @Test func aShutdownWithoutEndIsFound() {
    expect(.nothingLeftOver) {
      changing(directives: { $0.removeAll { $0 == .stopped } })
    }
  }

  @Test func countersThatDoNotAddUpAreFound() {
    expect(.counters) {
      changing(directives: { directives in
        directives.removeAll { if case .endCancelled = $0 { true } else { false } }
      })
    }
  }
}
