import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// Many streams over workers that are killed one after the other.
  @Suite struct KillStormTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func noStreamLosesATokenWhileWorkersAreKilled() throws {
      let cluster = try box.tirelessCluster(nodes: 4, slots: 8) { $0.contextSize = 2048 }
      let client = try Client(cluster.address)
      let streams = (1...32).map { "s\($0)" }
      for id in streams { try client.send(.infer("Stream \(id)", maxTokens: 1500), id: id) }
      var killed = 0
      for round in 1...8 {
        try client.waitForTokens(round * 150, of: streams[round])
        let busy = try cluster.nodes().filter { $0.busy > 0 }
        guard let pid = busy.randomElement()?.pid else { continue }
        kill(pid, SIGKILL)
        killed += 1
      }
      let answers = try client.finishAll()
      #expect(answers.count == streams.count)
      for answer in answers {
        #expect(answer.isContiguous)
        let isWhole = answer.text == answer.joinedText
        #expect(isWhole, "\(answer.end.map { "\($0)" } ?? "no end")")
      }
      let status = try cluster.status()
      report(
        "32 streams went on over \(killed) kills, moved \(status.requests["failovers"] ?? 0) times")
      #expect(killed > 0)
      #expect(status.requests["failed"] == 0)
      try cluster.waitUntilHealthy(4)
    }
  }
}
