import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// Clients that leave in the middle of an answer give its slot back.
  @Suite struct LeavingClientTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    /// Requests of a client that leaves; to the end they would take this many tokens.
    private let requests = 8
    private var wholeAnswers: Int { requests * (TirelessModel.contextSize - 100) }

    private func startAnswers(_ address: String) throws -> RawSocket {
      let socket = try RawSocket(address)
      for id in 1...requests {
        socket.send(#"INFER #\#(id) {"prompt":"Hi","max_tokens":100000,"temperature":0}"# + "\n")
      }
      var seen = ""
      while !seen.contains("TOKEN") { seen += try socket.receive() }
      return socket
    }

    @Test(arguments: [true, false])
    func workerFreesTheSlots(reset: Bool) throws {
      let worker = try box.tirelessWorker()
      let socket = try startAnswers(worker.address)
      if reset { socket.reset() } else { socket.close() }
      try worker.waitUntilIdle()
      let tokens = try Client(worker.address).ask("STATUS").body["tokens"]?.integer ?? .max
      #expect(tokens < wholeAnswers / 2, "\(tokens) tokens were generated for nobody")
    }

    @Test(arguments: [true, false])
    func clusterFreesTheSlots(reset: Bool) throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 2)
      let socket = try startAnswers(cluster.address)
      if reset { socket.reset() } else { socket.close() }
      try cluster.waitUntilIdle()
      let status = try cluster.status()
      #expect(status.tokens < wholeAnswers / 2, "\(status.tokens) tokens for nobody")
      #expect(try Client(cluster.address).answer(to: .infer("Hello")).end?.kind == .done)
    }

    @Test func clientThatOnlyStopsSendingGetsItsWholeAnswer() throws {
      let worker = try box.worker()
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      for address in [worker.address, cluster.address] {
        let result = try box.run(
          "sh",
          [
            "-c",
            #"printf 'INFER {"prompt":"Hello","max_tokens":5,"temperature":0}\n' "#
              + "| nc -N \(address.replacing(":", with: " "))",
          ])
        #expect(result.end == .status(0))
        #expect(result.output.split(separator: "\n").last?.hasPrefix("DONE {") == true)
      }
    }
  }
}
