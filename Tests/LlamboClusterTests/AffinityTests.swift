import LlamboWire
import Testing

@testable import LlamboCluster

/// Routing by the prompt.
struct AffinityTests {
  /// Three types, one node each unless told otherwise, the nodes linked in the types' order.
  private static func stage(_ counts: [Int] = [1, 1, 1], slots: Int = 4) -> (Stage, [[LinkID]]) {
    let stage = Stage {
      $0.strategy = .cognitiveAffinity
      $0.types = [
        .init(name: "tiny", count: counts[0], contextSize: 512),
        .init(name: "medium", count: counts[1], contextSize: 1024),
        .init(name: "large", count: counts[2], contextSize: 4096),
      ]
      $0.launchesAtOnce = 1000
    }
    return (stage, stage.bringUpTypes(slots: slots))
  }

  private static func prompt(_ text: String, bytes: Int, maxTokens: Int = 64) -> Submission {
    let all = String(repeating: text, count: bytes / text.utf8.count + 1).prefix(bytes)
    return Submission(prompt: PromptDigest(String(all), maxTokens: maxTokens))
  }

  // MARK: The type

  @Test(arguments: [(40, 0), (1000, 0), (1100, 1), (2000, 1), (2100, 2), (9000, 2)])
  func theLengthNamesTheType(_ bytes: Int, _ type: Int) {
    let (stage, links) = Self.stage()
    #expect(stage.place(Self.prompt("some words ", bytes: bytes)) == links[type][0])
  }

  @Test func codeAsksForALargerNode() {
    let (stage, links) = Self.stage()
    let code = Self.prompt("if (a[i] == {b}) { c = d; } ", bytes: 800)
    #expect(code.prompt.kind == .code)
    #expect(stage.place(code) == links[1][0])
  }

  @Test func whereTheTypeIsBusyALargerOneServesAndThenASmallerOne() {
    let (stage, links) = Self.stage(slots: 1)
    let prompt = Self.prompt("some words ", bytes: 1100)
    #expect(
      (0..<4).map { _ in stage.place(prompt) } == [links[1][0], links[2][0], links[0][0], nil])
  }

  @Test func whatASlotCannotHoldWaitsForALargerOne() {
    let (stage, links) = Self.stage(slots: 1)
    let long = Self.prompt("some words ", bytes: 8000)
    let first = stage.submit(long).request
    let waits = stage.submit(long)
    #expect(waits.directives == [])
    // Others pass by.
    #expect(stage.place(Self.prompt("x", bytes: 10)) == links[0][0])
    #expect(stage.handle(.finished(first, links[2][0])) == [.send(waits.request, links[2][0])])
  }

  @Test func aTypeThatIsAskedForIsTheOnlyOne() {
    let (stage, links) = Self.stage(slots: 1)
    var submission = Self.prompt("x", bytes: 10)
    submission.type = "large"
    #expect(stage.place(submission) == links[2][0])
    #expect(stage.submit(submission).directives == [])
    submission.type = "huge"
    #expect(stage.submit(submission).directives.failures == [.unknownType])
  }

  // MARK: The node

  @Test func whoComesAgainFindsTheNodeThatKnowsTheBeginning() {
    let (stage, links) = Self.stage([8, 0, 0], slots: 40)
    // Unrelated prompts spread; what continues one of them follows it.
    var places: [LinkID?] = []
    for topic in 0..<8 {
      places.append(stage.place(Self.prompt("topic \(topic) ", bytes: 200)))
    }
    #expect(places.allSatisfy { links[0].contains($0!) })
    for topic in 0..<8 {
      #expect(stage.place(Self.prompt("topic \(topic) ", bytes: 400)) == places[topic])
    }
  }

  @Test func theLongestBeginningCounts() {
    let (stage, _) = Self.stage([8, 0, 0], slots: 40)
    let system = String(repeating: "you are a helpful node ", count: 10)
    func prompt(_ tail: String) -> Submission {
      Submission(prompt: PromptDigest(system + String(repeating: tail, count: 40)))
    }
    let (request, sent) = stage.submit(prompt("alpha "))
    guard case .send(_, let first) = sent.first else { return #expect(sent != []) }
    // The system prompt alone leads to the same node as long as there is room.
    var last = first
    var count = 0
    while last == first, count < 100 {
      count += 1
      last = stage.place(prompt("other \(count) "))!
    }
    #expect(last != first && count > 5)
    _ = stage.handle(.finished(request, first))
    _ = stage.handle(.finished(RequestID(2), first))
    // By now the system prompt's last node is another one; the longer beginning leads back.
    #expect(stage.place(prompt("alpha ")) == first)
    #expect(stage.place(prompt("other \(count) ")) == last)
  }

  @Test func aBeginningThatAllShareMakesNoHotSpot() {
    let (stage, links) = Self.stage([10, 0, 0], slots: 10)
    var counts: [LinkID: Int] = [:]
    for number in 0..<80 {
      let text = String(repeating: "the same system prompt ", count: 20) + "question \(number)"
      counts[stage.place(Submission(prompt: PromptDigest(text)))!, default: 0] += 1
    }
    // At most 1.25 times the average of eight, rounded up.
    #expect(counts.values.max()! <= 10)
    #expect(counts.count >= 8 && counts.keys.allSatisfy { links[0].contains($0) })
  }

  @Test func theNextLifeOfANodeHasAnEmptyCache() {
    let (stage, links) = Self.stage([4, 0, 0], slots: 8)
    let topic = Self.prompt("topic ", bytes: 300)
    let first = stage.place(topic)!
    let name = "worker-000\(links[0].firstIndex(of: first)! + 1)"
    let epoch = stage.node(name)!.epoch
    let launches = stage.handle(.processEnded(node: name, epoch: epoch, reason: "x"))
    // The request moved; its new node is the one that knows the beginning now.
    let moved = launches.compactMap { if case .send(_, let link) = $0 { link } else { nil } }
    _ = stage.answer(launches, slots: 8)
    #expect(moved.count == 1)
    #expect(stage.place(topic) == moved[0])
  }

  @Test func whoLeavesTheRingMovesNobodyElse() {
    var ring = HashRing()
    let names = (0..<20).map { "worker-\($0)" }
    for (place, name) in names.enumerated() { ring.insert(name, at: place) }
    let keys = (0..<2000).map { PromptDigest.mixed(UInt64($0)) }
    let before = keys.map { ring.first(behind: $0, steps: 1) { _ in true }! }
    ring.remove("worker-7", at: 7)
    for (key, place) in zip(keys, before) {
      let now = ring.first(behind: key, steps: 1) { _ in true }!
      #expect(place == 7 ? now != 7 : now == place)
    }
    #expect(Set(before).count == 20)
  }

  // MARK: The digest

  @Test func promptsThatBeginAlikeShareHashesUpToWhereTheyPart() {
    let head = String(repeating: "a", count: 200)
    let one = PromptDigest(head + String(repeating: "b", count: 400)).prefixes
    let two = PromptDigest(head + String(repeating: "c", count: 400)).prefixes
    // 64, 96, 128 and 192 bytes are the same; 256, 384 and 512 are not.
    #expect(one.count == 7 && two.count == 7)
    #expect(one[..<4] == two[..<4])
    #expect(zip(one[4...], two[4...]).allSatisfy { $0 != $1 })
  }

  @Test func hashesGrowWithTheLogarithmOfTheLength() {
    #expect(PromptDigest(String(repeating: "x", count: 63)).prefixes.isEmpty)
    let most = PromptDigest(String(repeating: "x", count: 1 << 20)).prefixes.count
    #expect(most == 29 && most <= PromptDigest.prefixLimit)
    #expect((0..<20).map { PromptDigest.boundary($0) % 8 } == [Int](repeating: 0, count: 20))
  }

  @Test func classesAreTold() {
    #expect(PromptDigest("What is a node?").kind == .question)
    #expect(PromptDigest("Tell me of nodes.").kind == .text)
    #expect(PromptDigest("let a = [b]; if (a < 3) { return; }").kind == .code)
    #expect(PromptDigest("hello", turns: 3).kind == .conversation)
    #expect(PromptDigest("").kind == .text)
  }

  @Test func marksOfCodeAreCountedWhereverTheyStand() {
    // Four marks in a hundred bytes are code, three are not; others that look alike in their lower
    // five bits are none.
    for mark in ["{", "}", ";", "=", "<", ">", "[", "]"] {
      for place in 0..<25 {
        var text = [String](repeating: "x", count: 99)
        for spot in [place, place + 25, place + 50] { text[spot] = mark }
        for (offset, other) in ["|", "^", "~", "\\", "\u{1b}"].enumerated() {
          text[place + offset + 1] = other
        }
        #expect(PromptDigest(text.joined()).kind == .text, "\(mark) at \(place)")
        text[place + 74] = mark
        #expect(PromptDigest(text.joined()).kind == .code, "\(mark) at \(place)")
      }
    }
  }
}

extension Stage {
  /// Starts every node and lets it dial in; the links of each type.
  fileprivate func bringUpTypes(slots: Int) -> [[LinkID]] {
    var links = [[LinkID]](repeating: [], count: cluster.settings.types.count)
    for case .launch(let node, let type, let epoch) in handle(.started) {
      _ = handle(.launched(node: node, epoch: epoch, pid: Int(epoch)))
      let link = newLink()
      let index = cluster.settings.types.firstIndex { $0.name == type }!
      links[index].append(link)
      _ = handle(
        .hello(link, hello(node, epoch: epoch, slots: slots, pid: Int(epoch), type: type)))
    }
    return links
  }
}
