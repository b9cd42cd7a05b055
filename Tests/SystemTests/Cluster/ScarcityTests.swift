import Glibc
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// Descriptors, disk, and clients' patience run out: streams that run are unharmed.
  @Suite struct ScarcityTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    private func plan(nodes: Int = 2) throws -> ClusterPlan {
      ClusterPlan(nodes: nodes, slots: 16, contextSize: 4096, model: try box.tirelessModel())
    }

    @Test func clientsThatTakeAllDescriptorsKeepNoWorkerOut() throws {
      let cluster = try box.orchestrator(
        plan(), through: ["prlimit", "--nofile=256:256", "--"])
      try cluster.waitUntilHealthy(2)
      let person = try Client(cluster.address)
      let streams = try Streams(cluster.address, count: 10, tokens: 3000)
      try streams.waitForTokens()
      let guests = try (0..<400).map { _ in try RawSocket(cluster.address) }
      let refused = try RawSocket(cluster.address)
      #expect(try refused.receiveAll().contains("too_many_connections"))

      let victim = try #require(
        NodeStatus.list(try person.ask("NODES")).first { $0.busy > 0 }?.pid)
      kill(victim, SIGKILL)
      try until("a replacement beside \(guests.count) clients") {
        NodeStatus.list(try person.ask("NODES")).allSatisfy {
          $0.state == "healthy" && $0.pid != victim
        }
      }
      try streams.expectWhole()
      for guest in guests { guest.close() }
      try until("room for a new client") {
        try Client(cluster.address).answer(to: .infer("Hello", maxTokens: 1)).end?.kind == .done
      }
    }

    /// The command that gives a program mounts of its own; nil where the system allows nobody that.
    private func namespace() throws -> [String]? {
      for options in [["--mount"], ["--user", "--map-root-user", "--mount"]] {
        let command = ["unshare"] + options
        let mounts = "\(command.joined(separator: " ")) mount -t tmpfs probe /tmp"
        if try box.run("sh", ["-c", mounts]).end == .status(0) { return command }
      }
      return nil
    }

    @Test func fullDiskUnderTheStateFileHarmsNothingAndTheStateIsSavedLater() throws {
      guard let namespace = try namespace() else {
        return report("no mounts can be made here: the disk was not filled")
      }
      let folder = box.path("disk")
      let script = "mkdir \(folder) && mount -t tmpfs -o size=1m storm \(folder) && exec \"$@\""
      let cluster = try box.orchestrator(
        plan(), ["--state-file", folder + "/state"],
        through: namespace + ["sh", "-c", script, "sh"])
      try cluster.waitUntilHealthy(2)
      let streams = try Streams(cluster.address, count: 10, tokens: 3000)
      try streams.waitForTokens()
      let inside = "/proc/\(cluster.program.pid)/root\(folder)"
      let filled = try box.run(
        "sh", ["-c", "dd if=/dev/zero of=\(inside)/filler bs=4k 2>&1; ls \(inside)"])
      #expect(filled.output.contains("No space left on device"))

      let victim = try #require(try cluster.nodes().first?.pid)
      kill(victim, SIGKILL)
      _ = try cluster.program.waitForLine("the state is not saved")
      try until("a replacement") {
        try cluster.nodes().allSatisfy { $0.state == "healthy" && $0.pid != victim }
      }
      try streams.expectWhole()

      _ = try box.run("rm", [inside + "/filler"])
      _ = try cluster.program.waitForLine("the state is saved again")
      let body = try JSON.parse(Array(File.text(inside + "/state").utf8).span)
      let written = Set(try ClusterState(body: body).nodes.compactMap(\.pid))
      #expect(try written == Set(cluster.nodes().compactMap { $0.pid.map(Int.init) }))
    }

    @Test func clientsThatDoNotReadAreCutOffAndOthersGoOn() throws {
      let cluster = try box.cluster(plan())
      let streams = try Streams(cluster.address, count: 10, tokens: 3000)
      try streams.waitForTokens()
      let sockets = { cluster.descriptors }
      let before = sockets()
      let deaf = try (0..<2).map { _ in try RawSocket(cluster.address) }
      // Their answers are some 20 MB each, and 8 MiB may wait.
      for socket in deaf { socket.send(String(repeating: "NODES\n", count: 60_000)) }
      try until("an end of their connections") { sockets() <= before }
      try streams.expectWhole()
    }

    @Test func clientsThatComeByTheHundredsAreAllAnswered() throws {
      let cluster = try box.cluster(plan())
      let streams = try Streams(cluster.address, count: 10, tokens: 3000)
      try streams.waitForTokens()
      let start = ContinuousClock.now
      for _ in 1...4 {
        let clients = try (0..<500).map { _ in try RawSocket(cluster.address) }
        for client in clients { client.send("PING\n") }
        for client in clients { #expect(try client.receive().hasPrefix("PONG")) }
      }
      report(
        "2,000 clients, 500 at a time, were answered in "
          + "\((ContinuousClock.now - start).milliseconds) ms")
      try streams.expectWhole()
    }
  }
}
