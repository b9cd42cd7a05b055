import Glibc
import LlamboWire
import TerminalHarness
import Testing

extension SystemTests {
  /// `llamboctl top` at a terminal.
  @Suite struct TopTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    @Test func aPersonWatchesTheCluster() throws {
      let cluster = try box.tirelessCluster(nodes: 2, slots: 2)
      let client = try Client(cluster.address)
      try client.startEndless("long")
      let top = try box.terminal(Programs.llamboctl, ["top", "--interval", "0.2"])
      try top.wait(for: "Cluster system-test on \(cluster.address), least-loaded")
      try top.wait(for: "2 healthy of 2")
      try top.wait(for: "1 of 4 busy")
      try top.wait(for: "NODE")
      try top.wait(for: "q quit   s sort   j k scroll   nodes 1 to 2 of 2 by name")
      top.type("s")
      try top.wait(for: "by load")
      top.type("s")
      try top.wait(for: "by tokens a second")
      top.type("j")
      try top.wait(for: "nodes 2 to 2 of 2")
      try client.send("CANCEL #long")
      try top.wait(for: "0 of 4 busy")
      top.type("q")
      #expect(try top.finish() == 0)
      #expect(top.shown.hasSuffix("\u{1b}[?25h\u{1b}[?1049l"))
    }

    @Test func itLooksForAClusterThatIsGoneUntilItIsBack() throws {
      try box.write(ClusterPlan(nodes: 1))
      #expect(try box.llamboctl("init").succeeded)
      let top = try box.terminal(Programs.llamboctl, ["top", "--interval", "0.2"])
      try top.wait(for: "1 healthy of 1")
      #expect(try box.llamboctl("shutdown").succeeded)
      try top.wait(for: "Trying again. q ends this.")
      #expect(try box.llamboctl("init").succeeded)
      try top.wait(for: "1 healthy of 1")
      top.type("\u{3}")
      #expect(try top.finish() == 0)
      #expect(try box.llamboctl("shutdown").succeeded)
    }

    @Test(arguments: ["dumb", ""])
    func aTerminalWithoutACursorIsRefused(_ name: String) throws {
      try box.write(ClusterPlan(nodes: 1))
      let top = try box.terminal(Programs.llamboctl, ["top"], environment: ["TERM": name])
      try top.wait(for: "top draws on the whole screen")
      #expect(try top.finish() == 64)
      #expect(!top.shown.contains("\u{1b}"))
    }

    @Test func logsAreFollowedUntilCtrlC() throws {
      try box.write(ClusterPlan(nodes: 1))
      #expect(try box.llamboctl("init").succeeded)
      let logs = try box.terminal(Programs.llamboctl, ["logs", "--follow", "-n", "1000"])
      try logs.wait(for: "worker-0001 of cluster system-test")
      #expect(try box.llamboctl("spawn", "--count", "1", "--type", "tiny").succeeded)
      try logs.wait(for: "worker-0002 of cluster system-test")
      logs.type("\u{3}")
      // As a signal ends it.
      #expect(try logs.finish() == -1)
      #expect(try box.llamboctl("shutdown").succeeded)
    }
  }
}
