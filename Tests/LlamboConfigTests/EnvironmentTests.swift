import LlamboConfig
import Testing

/// What the environment says instead of the file.
@Suite struct EnvironmentTests {
  private func config(id: String?) throws(ConfigError) -> ClusterConfig {
    var config = try ClusterConfig.parse("cluster: {id: of-the-file}", file: "c.yaml")
    try config.take { $0 == "LLAMBO_CLUSTER_ID" ? id : nil }
    return config
  }

  @Test func `LLAMBO_CLUSTER_ID names the cluster instead of the file`() throws {
    #expect(try config(id: "another_1").id == "another_1")
    #expect(try config(id: nil).id == "of-the-file")
    #expect(try config(id: "").id == "of-the-file")
  }

  @Test(arguments: ["a b", "x;y", "ü", String(repeating: "x", count: 33), "../x"])
  func `A cluster's id from the environment is checked as the file's is`(_ id: String) throws {
    #expect {
      try config(id: id)
    } throws: { error in
      (error as? ConfigError)?.description
        == "LLAMBO_CLUSTER_ID: must be a name of at most 32 letters, digits, - and _, "
        + "but is \"\(id)\"; unset it to keep the file's cluster.id"
    }
  }
}
