import LlamboWire
import Testing

@testable import LlamboCluster

/// Clients that wait take turns.
struct FairnessTests {
  private static func client(_ number: UInt64) -> Submission {
    Submission(client: ClientID(number))
  }

  /// Serves one after the other on a single slot; whose turns they were.
  private static func order(_ stage: Stage, _ link: LinkID, of owners: [RequestID: Int]) -> [Int] {
    var order: [Int] = []
    while let running = stage.cluster.nodes[0].running.members.first {
      if let owner = owners[running] { order.append(owner) }
      _ = stage.handle(.finished(running, link))
    }
    return order
  }

  @Test func oneWhoFloodsDoesNotKeepOthersWaiting() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    _ = stage.submit()
    var owners: [RequestID: Int] = [:]
    for _ in 0..<20 { owners[stage.submit(Self.client(1)).request] = 1 }
    for _ in 0..<3 { owners[stage.submit(Self.client(2)).request] = 2 }
    owners[stage.submit(Self.client(3)).request] = 3
    let order = Self.order(stage, link, of: owners)
    #expect(order.prefix(7) == [1, 2, 3, 1, 2, 1, 2])
    #expect(order.count == 24)
  }

  @Test func whoComesBackFromALostNodeIsBeforeAll() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let first = stage.submit(Self.client(1)).request
    let second = stage.submit(Self.client(1)).request
    _ = stage.submit(Self.client(2))
    _ = stage.handle(.linkClosed(links[0]))
    #expect(stage.handle(.finished(second, links[1])) == [.send(first, links[1])])
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func theQueueKeepsItsBooks(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var queue = FairQueue()
    var waiting: [RequestID: (client: ClientID, hasReturned: Bool)] = [:]
    var next: UInt64 = 0
    var popped: [RequestID] = []
    for _ in 0..<1500 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0...3:
        next += 1
        let client = ClientID(UInt64.random(in: 0..<5, using: &random))
        queue.append(RequestID(next), of: client)
        waiting[RequestID(next)] = (client, false)
      case 4:
        if let id = queue.popFirst() {
          #expect(waiting.removeValue(forKey: id) != nil, "seed \(seed)")
          popped.append(id)
        }
      case 5:
        if let id = popped.popLast() {
          queue.takeBack(id)
          waiting[id] = (ClientID(0), true)
        }
      case 6:
        let ids = waiting.keys.sorted { $0.number < $1.number }
        if let id = ids.randomElement(using: &random), let entry = waiting.removeValue(forKey: id) {
          queue.remove(id, of: entry.client, hasReturned: entry.hasReturned)
        }
      default:
        if let id = queue.popLastOfLongest() {
          #expect(waiting.removeValue(forKey: id)?.hasReturned == false, "seed \(seed)")
        }
      }
      #expect(queue.count == waiting.count, "seed \(seed)")
      let clients = Set(waiting.values.filter { !$0.hasReturned }.map(\.client))
      #expect(queue.clients == clients.count, "seed \(seed)")
    }
    while let id = queue.popFirst() { #expect(waiting.removeValue(forKey: id) != nil) }
    #expect(waiting.isEmpty, "seed \(seed)")
  }
}
