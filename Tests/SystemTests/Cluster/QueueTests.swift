import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// More requests than slots.
  @Suite struct QueueTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func requestsBeyondTheSlotsWaitAndAllFinish() throws {
      let cluster = try box.cluster(ClusterPlan(nodes: 2, slots: 2))
      let client = try Client(cluster.address)
      for id in 1...60 { try client.send(.infer("Question \(id)", maxTokens: 12), id: "r\(id)") }
      for answer in try client.finishAll() {
        #expect(answer.end?.kind == .done)
        #expect(answer.isContiguous)
        #expect(answer.text == answer.joinedText)
      }
      let status = try cluster.status()
      #expect(status.requests["accepted"] == 60 && status.requests["finished"] == 60)
      #expect(status.busy == 0 && status.waiting == 0)
    }

    @Test func fullQueueRefusesAtOnce() throws {
      let cluster = try box.tirelessCluster(nodes: 1, slots: 1) { $0.queueLimit = 2 }
      let client = try Client(cluster.address)
      try client.startEndless("running")
      for id in ["waiting-1", "waiting-2", "refused"] {
        try client.send(.infer("Hello", maxTokens: 2), id: id)
      }
      #expect(try client.finish("refused").errorCode == "queue_full")
      #expect(client.answers["waiting-1"]?.end == nil)
      try client.send("CANCEL #running")
      #expect(try client.finish("running").finishReason == "cancelled")
      #expect(try client.finish("waiting-1").end?.kind == .done)
      #expect(try client.finish("waiting-2").end?.kind == .done)
    }

    @Test func oneConnectionMayHaveOnlySoManyRequestsUnanswered() throws {
      let cluster = try box.tirelessCluster(nodes: 1, slots: 1)
      let client = try Client(cluster.address)
      let limit = WireLimits().requestsPerConnection
      for id in 0...limit { try client.send(.endless, id: "r\(id)") }
      #expect(try client.finish("r\(limit)").errorCode == "too_many_requests")
      // Another connection has its own allowance.
      let other = try Client(cluster.address)
      try other.send(.infer("Hello"), id: "other")
      #expect(try other.ask("PING").body["waiting"]?.integer == limit)
      #expect(other.answers["other"]?.end == nil)
    }

    @Test func runningRequestCanBeCancelledAndItsSlotIsFree() throws {
      let cluster = try box.tirelessCluster(nodes: 1, slots: 1)
      let client = try Client(cluster.address)
      try client.startEndless("long")
      try client.send("CANCEL #long")
      let answer = try client.finish("long")
      #expect(answer.finishReason == "cancelled")
      #expect(answer.text == answer.joinedText)
      #expect(try client.answer(to: .infer("Hello", maxTokens: 2)).end?.kind == .done)
      #expect(try cluster.status().requests["accepted"] == 2)
    }

    @Test func waitingRequestCanBeCancelled() throws {
      let cluster = try box.tirelessCluster(nodes: 1, slots: 1)
      let client = try Client(cluster.address)
      try client.startEndless("running")
      try client.send(.infer("Hello"), id: "waiting")
      try client.send("CANCEL #waiting")
      let answer = try client.finish("waiting")
      #expect(answer.finishReason == "cancelled")
      #expect(answer.tokens.isEmpty && answer.tokenCount == 0)
    }

    @Test func requestsPastTheTimeoutEndInOneTypedError() throws {
      let cluster = try box.tirelessCluster(nodes: 1, slots: 1) { $0.timeout = 300 }
      let node = try #require(try cluster.nodes().first?.pid)
      try Stopped.during(node) {
        let client = try Client(cluster.address)
        try client.send(.endless, id: "running")
        try client.send(.infer("Hello"), id: "waiting")
        #expect(try client.finish("running").errorCode == "timeout")
        #expect(try client.finish("waiting").errorCode == "timeout")
        #expect(try client.ask("PING").kind == .pong)
      }
      try cluster.waitUntilIdle()
      try until("an answer within the timeout") {
        try Client(cluster.address).answer(to: .infer("Hello", maxTokens: 1)).end?.kind == .done
      }
    }
  }
}
