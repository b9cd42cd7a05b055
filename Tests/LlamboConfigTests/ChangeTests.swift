import LlamboConfig
import Testing

/// What is different between two configurations.
@Suite struct ChangeTests {
  private static func config(_ text: String) throws -> ClusterConfig {
    try ClusterConfig.parse(text, file: "c.yaml")
  }

  private static let plain = "cluster: {nodes: {a: {resources: {model: x, memory: 1GB}}}}"

  @Test func `The same configuration has no changes`() throws {
    let config = try Self.config(Self.plain)
    #expect(config.changes(to: config) == [])
  }

  @Test func `A changed value tells its key and both values`() throws {
    let new =
      "cluster: {nodes: {a: {count: 2, resources: {model: y}}}, load_balancer: {timeout: 1m}}"
    #expect(
      try Self.config(Self.plain).changes(to: Self.config(new)) == [
        ConfigChange(key: "cluster.nodes.a.count", old: "0", new: "2"),
        ConfigChange(key: "cluster.nodes.a.resources.model", old: "x", new: "y"),
        ConfigChange(key: "cluster.load_balancer.timeout", old: "30000", new: "60000"),
        ConfigChange(key: "cluster.nodes.a.resources.memory", old: "1GB", new: nil),
      ])
  }

  @Test func `Of types that come or go nothing is told`() throws {
    let other = "cluster: {nodes: {b: {resources: {model: x}}}}"
    #expect(try Self.config(Self.plain).changes(to: Self.config(other)) == [])
  }

  @Test func `What a running cluster cannot take on needs a restart`() throws {
    let new =
      "cluster: {id: other, state_file: /s, orchestrator: {listen: localhost:1, log_file: l}}"
    let changes = try Self.config("cluster: {}").changes(to: Self.config(new))
    #expect(changes.count == 4)
    #expect(changes.filter(\.needsRestart) == changes)
    let taken = try Self.config("cluster: {}").changes(
      to: Self.config("cluster: {orchestrator: {lease: 5s, auto_scale: true}}"))
    #expect(taken.count == 2)
    #expect(taken.filter(\.needsRestart) == [])
  }

  @Test func `Every key that needs a restart is one`() {
    let known = Set(ConfigKey.all.map(\.path))
    #expect(ConfigKey.needingRestart.isSubset(of: known))
  }
}
