import LlamboConfig
import Testing

@Suite struct RefusalTests {
  @Test func `An unknown key tells its place and the nearest word`() {
    #expect(
      problems(one("load_balancer", "stratgy: random"), file: "cluster-config.yaml") == [
        "cluster-config.yaml:3:5: unknown key \"stratgy\"; did you mean \"strategy\"?"
      ])
  }

  @Test func `A key in the wrong section is told the right one`() {
    #expect(
      problems("cluster:\n  timeout: 5\n") == [
        "c.yaml:2:3: unknown key \"timeout\"; it belongs below cluster.load_balancer"
      ])
    #expect(
      problems("cluster:\n  max_nodes: 5\n") == [
        "c.yaml:2:3: unknown key \"max_nodes\"; it belongs below cluster.nodes.TYPE or "
          + "cluster.orchestrator"
      ])
    #expect(
      problems("cluster: {}\nbanana: 1\n") == [
        "c.yaml:2:1: unknown key \"banana\"; known here: cluster"
      ])
  }

  @Test func `A key that stands twice tells both places`() {
    #expect(
      problems("cluster:\n  id: a\n  id: b\n") == [
        "c.yaml:3:3: \"id\" stands twice; it first stands in line 2"
      ])
    #expect(
      codes("cluster: {nodes: {a: {resources: {model: x}}, a: {resources: {model: x}}}}")
        == [.duplicateKey])
  }

  @Test(arguments: [
    ("load_balancer", "max_retries: many"), ("load_balancer", "max_retries: \"3\""),
    ("load_balancer", "max_retries: -1"), ("load_balancer", "max_retries: 101"),
    ("load_balancer", "max_retries: 1.0"), ("load_balancer", "timeout: 0"),
    ("load_balancer", "timeout: 25h"), ("load_balancer", "timeout: 5 parsecs"),
    ("load_balancer", "timeout: 0.5ms"), ("load_balancer", "timeout: -5"),
    ("load_balancer", "timeout: .5s"), ("load_balancer", "timeout: 1e999s"),
    ("load_balancer", "timeout: 99999999999999999999999h"),
    ("load_balancer", "strategy: fastest"), ("load_balancer", "strategy: 3"),
    ("orchestrator", "auto_scale: yes"), ("orchestrator", "auto_scale: \"true\""),
    ("orchestrator", "scale_up_threshold: 1.1"), ("orchestrator", "scale_up_threshold: .nan"),
    ("orchestrator", "scale_up_threshold: nan"), ("orchestrator", "scale_factor: 1"),
    ("orchestrator", "lease: 999"), ("orchestrator", "listen: 9000"),
    ("orchestrator", "listen: \"localhost:\""), ("orchestrator", "listen: localhost:http"),
    ("orchestrator", "listen: localhost:65536"), ("orchestrator", "listen: \"::1:9000\""),
    ("orchestrator", "log_file: \"a\\0b\""), ("orchestrator", "log_file: \"\""),
    ("orchestrator", "lease:"), ("orchestrator", "max_nodes: 0"),
  ])
  func `A wrong value is refused where it stands`(section: String, line: String) throws {
    let key = try #require(line.split(separator: ":").first)
    let told = problems(one(section, line))
    #expect(told.count == 1)
    #expect(told.allSatisfy { $0.hasPrefix("c.yaml:3:") && $0.contains(": \(key) ") }, "\(told)")
    #expect(codes(one(section, line)) == [.invalidValue])
  }

  @Test(arguments: [
    "memory: 999999", "memory: 128XB", "memory: 2000TB", "cpu: 0", "cpu: half a core",
    "context_size: 63", "threads: 0", "slots: 0", "slots: 257",
  ])
  func `A wrong resource is refused where it stands`(line: String) {
    let told = problems(resource(line))
    #expect(told.count == 1)
    #expect(told.allSatisfy { $0.hasPrefix("c.yaml:6:") })
  }

  @Test func `Messages name the range, the text and what to do`() {
    #expect(
      problems(resource("slots: 257")) == [
        "c.yaml:6:16: slots must be a whole number from 1 to 256, but is \"257\""
      ])
    #expect(
      problems(one("load_balancer", "timeout: 25h")) == [
        "c.yaml:3:14: timeout must be milliseconds or a time such as 500ms, 30s or 2m, "
          + "from 1ms to 24h, but is \"25h\""
      ])
    #expect(
      problems(one("load_balancer", "strategy: randon")) == [
        "c.yaml:3:15: strategy must be round-robin, least-loaded, random or cognitive-affinity, "
          + "but is \"randon\"; did you mean \"random\"?"
      ])
    #expect(
      problems(one("orchestrator", "lease:")) == [
        "c.yaml:3:5: lease has no value; remove the key to keep its default"
      ])
    #expect(
      problems(one("orchestrator", "lease: [1]")) == [
        "c.yaml:3:12: lease must be milliseconds or a time such as 500ms, 30s or 2m, "
          + "from 1s to 24h, but is a list"
      ])
    #expect(
      problems("cluster:\n  nodes: 5\n") == [
        "c.yaml:2:10: \"nodes\" must be a mapping, but is a single value; "
          + "write \"key: value\" lines below it, indented"
      ])
  }

  @Test(arguments: [
    "0.0.0.0", "192.168.0.1", "example.com", "\"[::]", "\"[fe80::1]", "128.0.0.1", "127.0.0.256",
    "127.0.0.01", "127.1", "127.0.0.1.example.com",
  ])
  func `Nothing listens beyond loopback`(host: String) {
    let address = "\(host):9000" + (host.hasPrefix("\"") ? "\"" : "")
    let told = problems(one("orchestrator", "listen: \(address)"))
    #expect(told.count == 1)
    #expect(told.allSatisfy { $0.contains("must have a loopback host") }, "\(told)")
  }

  @Test func `A node type without a model, or with a strange name, is refused`() {
    #expect(
      problems("cluster:\n  nodes:\n    tiny:\n      count: 1\n") == [
        "c.yaml:3:5: node type \"tiny\" has no model; "
          + "name one with \"model:\" below its \"resources:\""
      ])
    #expect(codes("cluster: {nodes: {../etc: {resources: {model: x}}}}") == [.invalidValue])
    #expect(codes("cluster: {nodes: {a: {resources: {model: }}}}") == [.invalidValue])
  }

  @Test func `Values that contradict each other are refused`() {
    #expect(
      problems(one("orchestrator", "min_nodes: 10001")) == [
        "c.yaml:3:16: min_nodes (10001) is above max_nodes (10000); "
          + "raise max_nodes or lower min_nodes"
      ])
    #expect(
      codes(one("orchestrator", "{scale_down_threshold: 0.5, scale_up_threshold: 0.5}"))
        == [.contradiction])
    #expect(
      codes(
        "cluster: {nodes: {a: {count: 2, resources: {model: x}}, "
          + "b: {count: 1, resources: {model: x}}}, orchestrator: {max_nodes: 2}}")
        == [.contradiction])
    #expect(
      problems(
        "cluster:\n  nodes:\n    a: {min_nodes: 3, max_nodes: 2, resources: {model: x}}\n") == [
          "c.yaml:3:20: min_nodes (3) of node type \"a\" is above its max_nodes (2); "
            + "raise max_nodes or lower min_nodes"
        ])
    #expect(
      problems("cluster:\n  nodes:\n    a: {count: 3, max_nodes: 2, resources: {model: x}}\n")
        == [
          "c.yaml:3:16: count (3) of node type \"a\" is above its max_nodes (2); "
            + "raise max_nodes or lower count"
        ])
    #expect(
      codes(
        "cluster: {nodes: {a: {min_nodes: 9, resources: {model: x}}}, orchestrator: {max_nodes: 8}}"
      ) == [.contradiction])
    #expect(codes(one("orchestrator", "{min_nodes: 5, max_nodes: x}")) == [.invalidValue])
  }

  @Test func `All problems are told at once in the order of the file`() {
    let told = problems(
      """
      cluster:
        orchestrator:
          scale_down_threshold: 0.9
          lisen: localhost:1
        load_balancer:
          max_retries: x
      other: 1
      """)
    #expect(
      told.map { $0.split(separator: " ")[0] } == [
        "c.yaml:3:27:", "c.yaml:4:5:", "c.yaml:6:18:", "c.yaml:7:1:",
      ])
  }

  @Test func `Beyond the bound, problems are counted`() {
    let keys = (1...50).map { "  unknown_key_\($0): 1\n" }.joined()
    let told = problems("cluster:\n\(keys)")
    #expect(told.count == ConfigLimits.problems + 1)
    #expect(told.last == "… and 30 more")
  }

  @Test func `More node types than the bound are refused once`() {
    let types = (1...70).map { "    t\($0): {resources: {model: x}}\n" }.joined()
    #expect(problems("cluster:\n  nodes:\n\(types)") == ["c.yaml:67:5: more than 64 node types"])
  }
}
