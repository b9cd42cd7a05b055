import Foundation
import LlamboJSON
import LlamboWire
import Testing

@testable import LlamboIO

/// Connections and the port that accepts them.
struct ConnectionTests {
  @Test func aConnectionCarriesLinesBothWays() throws {
    let bench = try Bench()
    let connection = try LineConnection.connect(to: bench.listener.address, loop: bench.loop)
    var lines: [String] = []
    connection.handler.onConnected = { connection.write { $0.line(.ping, id: "1") } }
    connection.handler.onLine = { line in
      lines.append(line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) })
      bench.check()
    }
    bench.run { lines == ["PONG #1"] }
    #expect(connection.isOpen)
  }

  @Test func whatIsWrittenBeforeTheConnectionStandsIsSentThen() throws {
    let bench = try Bench()
    let connection = try LineConnection.connect(to: bench.listener.address, loop: bench.loop)
    connection.write { $0.line(.ping) }
    connection.handler.onLine = { _ in bench.check() }
    bench.run { bench.server.handled == 1 }
  }

  @Test func theOtherSideOfAClosedConnectionIsTold() throws {
    let bench = try Bench()
    let connection = try LineConnection.connect(to: bench.listener.address, loop: bench.loop)
    var reasons: [LineConnection.CloseReason] = []
    connection.handler.onClose = {
      reasons.append($0)
      bench.check()
    }
    bench.run { bench.server.sessions.count == 1 }
    bench.server.sessions.values.first?.connection.close()
    bench.run { reasons.count == 1 }
    #expect(reasons == [.peerClosed])
    #expect(!connection.isOpen)
  }

  @Test func closingTwiceIsToldOnce() throws {
    let bench = try Bench()
    let connection = try LineConnection.connect(to: bench.listener.address, loop: bench.loop)
    var reasons: [LineConnection.CloseReason] = []
    connection.handler.onClose = { reasons.append($0) }
    connection.close()
    connection.close()
    connection.closeWhenFlushed()
    connection.write { $0.line(.ping) }
    #expect(reasons == [.closedHere])
  }

  @Test func aHandlerMayCloseItsConnectionInTheMiddleOfItsLines() throws {
    let bench = try Bench()
    let connection = try LineConnection.connect(to: bench.listener.address, loop: bench.loop)
    var lines = 0
    connection.handler.onConnected = {
      connection.write { writer in for _ in 0..<5 { writer.line(.ping) } }
    }
    connection.handler.onLine = { _ in
      lines += 1
      connection.close()
      bench.check()
    }
    bench.run { lines > 0 }
    bench.run { bench.server.sessions.isEmpty }
    #expect(lines == 1)
  }

  @Test func aPortWhereNobodyListensRefuses() throws {
    let bench = try Bench()
    let address = bench.listener.address
    bench.listener.stop()
    let connection = try LineConnection.connect(to: address, loop: bench.loop)
    var reasons: [LineConnection.CloseReason] = []
    connection.handler.onClose = {
      reasons.append($0)
      bench.check()
    }
    bench.run { !reasons.isEmpty }
    guard case .connectFailed(let error) = reasons.first else {
      Issue.record("\(reasons)")
      return
    }
    #expect(error.description == "cannot connect: Connection refused")
  }

  // MARK: Bounds

  @Test func aClientThatDoesNotReadIsCutOff() throws {
    let bench = try Bench { $0.outputBytes = 100_000 }
    let client = try bench.client(reads: false)
    client.send(String(repeating: "NODES\n", count: 3000))
    bench.run { !bench.server.ends.isEmpty }
    #expect(bench.server.handled < 3000)
    // No more waits than the limit and one answer, even in the turn that asks for them all.
    #expect(bench.server.mostBacklog <= 100_000 + BenchServer.long.utf8.count + 100)
  }

  @Test func aClientThatReadsGetsMoreThanMayWait() throws {
    let bench = try Bench { $0.outputBytes = 100_000 }
    let client = try bench.client()
    for number in 1...300 {
      client.send("NODES #\(number)\n")
      if number % 5 == 0 { bench.run { client.lines.count == number } }
    }
    #expect(client.lines.count == 300)
    #expect(bench.server.ends.isEmpty)
  }

  @Test func aConnectionTooManyIsToldAndClosed() throws {
    let bench = try Bench { $0.connections = 2 }
    let served = [try bench.client(), try bench.client()]
    bench.run { bench.server.sessions.count == 2 }
    let refused = try bench.client()
    bench.run { refused.hasEnded }
    #expect(refused.lines.count == 1)
    #expect(refused.lines.first?.hasPrefix("ERROR {\"code\":\"too_many_connections\"") == true)
    served[0].close()
    bench.run { bench.server.sessions.count == 1 }
    #expect(try bench.conversation("PING\n") == ["PONG"])
  }

  @Test func aPeerThatSendsManyLinesKeepsNoOtherWaiting() throws {
    let bench = try Bench()
    let flooder = try bench.client()
    let other = try bench.client()
    bench.run { bench.server.sessions.count == 2 }
    flooder.send(String(repeating: "PING #1\n", count: 5000))
    other.send("PING #2\n")
    bench.run { other.lines.count == 1 }
    #expect(bench.server.handled < 5000)
    bench.run { flooder.lines.count == 5000 }
  }

  @Test func linesBeforeTheEndOfTheInputAreAllAnswered() throws {
    let bench = try Bench()
    let answers = try bench.conversation(String(repeating: "PING\n", count: 1000))
    #expect(answers == Array(repeating: "PONG", count: 1000))
  }

  // MARK: The port

  @Test func whereClientsAreTooManyAWorkerStillGetsIn() throws {
    let bench = try Bench(admitsWorkers: true) { $0.connections = 1 }
    let client = try bench.client()
    bench.run { bench.server.sessions.count == 1 }
    let worker = try bench.client()
    worker.send("HELLO\n")
    // The bench answers it with an error of its own, so that it was not refused at the door.
    bench.run { worker.lines.count == 1 }
    #expect(worker.lines[0].contains("out_of_range"))
    let refused = try bench.conversation("PING #late\n")
    #expect(refused.count == 1)
    #expect(refused.first?.hasPrefix("ERROR #late {\"code\":\"too_many_connections\"") == true)
    // Who says nothing is told as well.
    let silent = try bench.client()
    bench.run { silent.hasEnded }
    #expect(silent.lines.first?.contains("too_many_connections") == true)
    client.send("PING\n")
    bench.run { client.lines == ["PONG"] }
  }

  @Test func clientsLeaveDescriptorsForWorkersAndFiles() throws {
    let kept = LineListener.spareDescriptors + LineListener.reserve
    let bench = try Bench(descriptors: kept + 2)
    let served = [try bench.client(), try bench.client()]
    bench.run { bench.server.sessions.count == 2 }
    let refused = try bench.client()
    bench.run { refused.hasEnded }
    #expect(refused.lines.first?.contains("too_many_connections") == true)
    #expect(served.allSatisfy { !$0.hasEnded })
  }

  @Test func aPortInUseIsNamedWithWhatToDo() throws {
    let bench = try Bench()
    let address = bench.listener.address
    let error = #expect(throws: SystemError.self) {
      try LineListener(on: address, loop: bench.loop) { _ in }
    }
    #expect(
      error?.description
        == "cannot listen on \(address): Address already in use; "
        + "another program has the port: stop it, or choose another one")
  }

  @Test func aStoppedPortIsFreeAndItsConnectionsGoOn() throws {
    let bench = try Bench()
    let client = try bench.client()
    bench.run { bench.server.sessions.count == 1 }
    bench.listener.stop()
    #expect(throws: SystemError.self) { try bench.client() }
    let again = try LineListener(on: bench.listener.address, loop: bench.loop) { _ in }
    #expect(again.address == bench.listener.address)
    client.send("PING\n")
    bench.run { client.lines == ["PONG"] }
  }

  @Test func aPortOfIPv6Serves() throws {
    let bench = try Bench()
    let listener = try LineListener(on: Address("[::1]:0"), loop: bench.loop) { connection in
      connection.write { $0.line(.ok, id: "six") }
      connection.closeWhenFlushed()
    }
    let client = try RawClient(to: listener.address, on: bench.loop) { bench.check() }
    bench.run { client.hasEnded }
    #expect(client.lines == ["OK #six"])
  }

  // MARK: The client that waits

  @Test func aClientIsToldThatNobodyListens() throws {
    let bench = try Bench()
    let address = bench.listener.address
    bench.listener.stop()
    let failure = #expect(throws: LineClient.Failure.self) { try LineClient(to: address) }
    #expect(failure?.description == "cannot connect to \(address): Connection refused")
  }

  @Test func anAnswerMayBeLongerThanAnyRequest() throws {
    let bench = try Bench()
    let address = bench.listener.address
    let length = 4 * WireLimits().lineBytes
    // A thread of its own, for it blocks.
    let hasRead = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var read: Int?
    Thread.detachNewThread {
      let line = try? LineClient(to: address).receive(timeout: 20_000)
      read = line?.body["long"]?.string?.utf8.count
      hasRead.signal()
    }
    bench.run { bench.server.sessions.count == 1 }
    bench.server.sessions.values.first?.send(
      .nodes, id: nil, ["long": .string(String(repeating: "x", count: length))])
    bench.run { bench.server.ends.count == 1 }
    hasRead.wait()
    #expect(read == length)
  }
}
