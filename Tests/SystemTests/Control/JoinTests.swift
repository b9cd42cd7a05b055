import Glibc
import Testing

extension SystemTests {
  /// `llamboctl join`, and the names that shells complete.
  @Suite struct JoinTests {
    @Test func whoJoinsIsANodeUntilItLeaves() throws {
      let box = try Sandbox()
      let cluster = try box.cluster(ClusterPlan(nodes: 1))
      let joined = try box.start(Programs.llamboctl, ["join", "--type", "tiny", "--name", "guest"])
      try cluster.waitUntilHealthy(2)
      #expect(try box.llamboctl("nodes", "list").output.contains("guest"))
      let names = try box.llamboctl("completion", "--words", "nodes")
      #expect(Set(names.lines) == ["guest", "worker-0001"])
      #expect(try box.llamboctl("completion", "--words", "types").lines == ["tiny"])
      joined.signal(SIGTERM)
      #expect(try joined.waitForEnd() == .status(0))
      #expect(try box.llamboctl("shutdown").succeeded)
    }
  }
}
