import Foundation
import Testing

@testable import LlamboIO

/// Against folders that look as the kernel's; what the kernel makes of them, `LimitsTests` shows.
struct ControlGroupTests {
  /// A file system with these files, and where a process of it stands.
  private final class Tree {
    let root: String

    init(_ files: [String: String]) throws {
      root = NSTemporaryDirectory() + "llambo-groups-\(UUID().uuidString)"
      for (path, content) in files {
        let url = URL(filePath: "\(root)/\(path)")
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content.replacing("ROOT", with: root).utf8).write(to: url)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func group(_ name: String = "llambo-a") -> ControlGroup? {
      ControlGroup(
        named: name, for: [.cpu, .memory], proc: root + "/proc", mounts: root + "/mounts")
    }

    func text(_ path: String) -> String {
      (try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)) ?? ""
    }
  }

  @Test func versionTwoIsTakenWhereItHandsDownWhatIsNeeded() throws {
    let member = "two/own/llambo-a/worker-1"
    let tree = try Tree([
      "proc": "0::/own\n", "mounts": "cgroup2 ROOT/two cgroup2 rw 0 0\n",
      "two/own/cgroup.controllers": "cpuset cpu memory\n", "two/own/cgroup.subtree_control": "",
      "two/own/llambo-a/cgroup.subtree_control": "", member + "/cpu.max": "",
      member + "/memory.max": "", member + "/cgroup.procs": "",
    ])
    let group = try #require(tree.group())
    #expect(group.version == .two)
    #expect(tree.text("two/own/cgroup.subtree_control") == "+cpu +memory")
    try group.add(42, as: "worker-1", cpu: 0.5, memory: 64_000_000)
    #expect(tree.text(member + "/cpu.max") == "50000 100000")
    #expect(tree.text(member + "/memory.max") == "64000000")
    #expect(tree.text(member + "/cgroup.procs") == "42")
  }

  @Test func versionOneIsTakenWhereVersionTwoLacksAController() throws {
    let member = "llambo-a/worker-1"
    let tree = try Tree([
      "proc": "4:memory:/elsewhere\n1:cpu,cpuacct:/\n0::/\n",
      "mounts": """
      cgroup2 ROOT/two cgroup2 rw 0 0
      cgroup ROOT/cpu cgroup rw,cpu,cpuacct 0 0
      cgroup ROOT/memory cgroup rw,memory 0 0

      """,
      "two/cgroup.controllers": "hugetlb\n", "cpu/\(member)/cpu.cfs_period_us": "",
      "cpu/\(member)/cpu.cfs_quota_us": "", "cpu/\(member)/cgroup.procs": "",
      "memory/\(member)/memory.limit_in_bytes": "", "memory/\(member)/cgroup.procs": "",
    ])
    let group = try #require(tree.group())
    #expect(group.version == .one)
    try group.add(42, as: "worker-1", cpu: 2, memory: 1_000_000)
    #expect(tree.text("cpu/\(member)/cpu.cfs_quota_us") == "200000")
    // The path of another view is not there, so that the mount's top is taken.
    #expect(tree.text("memory/\(member)/memory.limit_in_bytes") == "1000000")
    #expect(tree.text("memory/\(member)/cgroup.procs") == "42")
  }

  @Test func withoutControllersThereIsNoGroup() throws {
    let tree = try Tree(["proc": "0::/\n", "mounts": "proc /proc proc rw 0 0\n"])
    #expect(tree.group() == nil)
    #expect(try Tree([:]).group() == nil)
  }

  @Test func nameThatCouldBeAPathIsRefused() throws {
    let tree = try Tree([
      "proc": "1:cpu:/\n2:memory:/\n",
      "mounts": "cgroup ROOT cgroup rw,cpu,memory 0 0\n",
    ])
    #expect(tree.group("../escape") == nil)
    let group = try #require(tree.group())
    #expect(throws: SystemError.self) {
      try group.add(42, as: "../escape", cpu: 1, memory: nil)
    }
  }
}
