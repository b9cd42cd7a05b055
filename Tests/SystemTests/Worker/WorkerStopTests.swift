import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// A worker without an orchestrator: how it ends.
  @Suite struct WorkerStopTests {
    let box: Sandbox
    let worker: WorkerProgram
    let client: Client

    init() throws {
      box = try Sandbox()
      worker = try box.tirelessWorker(slots: 2, contextSize: 1024)
      client = try Client(worker.address)
    }

    @Test func drainFinishesWhatRunsRefusesTheRestAndEndsTheProcess() throws {
      try client.startEndless("long")
      #expect(try client.ask("DRAIN #d").kind == .ok)
      let refused = try client.answer(to: .infer("Hello"), id: "late")
      #expect(refused.errorCode == "draining")
      #expect(try client.finish("long").finishReason == "length")
      #expect(try worker.program.waitForEnd() == .status(0))
    }

    @Test func drainingWorkerTakesNoNewConnection() throws {
      try client.startEndless("long")
      #expect(try client.ask("DRAIN").kind == .ok)
      // The kernel may accept a connection in its name, but no answer comes.
      #expect(throws: LineClient.Failure.self) { try Client(worker.address).ask("PING") }
      #expect(try worker.program.waitForEnd() == .status(0))
    }

    @Test func shutdownCancelsWhatOutlivesItsGrace() throws {
      try client.startEndless("long")
      let start = ContinuousClock.now
      #expect(try client.ask(#"SHUTDOWN #s {"grace_ms":0}"#).kind == .ok)
      #expect(try client.finish("long").finishReason == "cancelled")
      #expect(try worker.program.waitForEnd() == .status(0))
      report("SHUTDOWN of a busy worker took \((ContinuousClock.now - start).milliseconds) ms")
    }

    @Test func shutdownLetsAnAnswerFinishWithinItsGrace() throws {
      try client.startEndless("long")
      #expect(try client.ask(#"SHUTDOWN {"grace_ms":60000}"#).kind == .ok)
      #expect(try client.finish("long").finishReason == "length")
      #expect(try worker.program.waitForEnd() == .status(0))
    }

    @Test func sigtermDrains() throws {
      try client.startEndless("long")
      worker.program.signal(SIGTERM)
      let answer = try client.finish("long")
      #expect(answer.end?.kind == .done)
      #expect(answer.text == answer.joinedText)
      #expect(try worker.program.waitForEnd() == .status(0))
    }

    @Test func sigtermEndsAnIdleWorkerAtOnce() throws {
      worker.program.signal(SIGTERM)
      #expect(try client.isClosedByPeer())
      #expect(try worker.program.waitForEnd() == .status(0))
    }
  }
}
