import Foundation
import LlamboConfig
import Testing

@Suite struct FileTests {
  /// A folder of this test alone, removed after it.
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "llambo-config-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  private func problem(of path: String) -> ConfigProblem? {
    do throws(ConfigError) {
      _ = try ClusterConfig.load(path)
      return nil
    } catch {
      return error.problems.first
    }
  }

  @Test func `A file is read and its folder kept`() throws {
    try inFolder { folder in
      let path = "\(folder)/c.yaml"
      try "cluster:\n  state_file: s\n".write(toFile: path, atomically: true, encoding: .utf8)
      let config = try ClusterConfig.load(path)
      #expect(config.folder == folder)
      #expect(config.stateFile == "\(folder)/s")
    }
  }

  @Test func `A file that cannot be read says why`() throws {
    try inFolder { folder in
      #expect(
        problem(of: "\(folder)/c.yaml")?.description
          == "\(folder)/c.yaml: cannot be read: No such file or directory")
      #expect(problem(of: folder)?.message == "is not a regular file")
      #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
      #expect(problem(of: "\(folder)/pipe")?.message == "is not a regular file")
    }
  }

  @Test func `A large file is refused without being read whole`() throws {
    try inFolder { folder in
      let path = "\(folder)/large"
      try Data().write(to: URL(filePath: path))
      try FileHandle(forWritingTo: URL(filePath: path)).truncate(atOffset: 1 << 30)
      #expect(problem(of: path)?.code == .tooLarge)
    }
  }

  @Test(arguments: [
    (
      "llambo-tiny",
      [
        "/etc/l/llambo-tiny/model.json", "/etc/l/llambo-tiny.gguf", "/etc/l/llambo-tiny",
        "/etc/l/models/llambo-tiny/model.json", "/etc/l/models/llambo-tiny.gguf",
        "/etc/l/models/llambo-tiny",
      ]
    ),
    ("a.gguf", ["/etc/l/a.gguf", "/etc/l/models/a.gguf"]),
    ("/m/a.json", ["/m/a.json"]),
    ("/m/a", ["/m/a/model.json", "/m/a.gguf", "/m/a"]),
  ])
  func `A model's name stands for these files`(model: String, paths: [String]) throws {
    let config = try ClusterConfig.parse("cluster:", file: "/etc/l/c.yaml")
    #expect(config.modelCandidates(model) == paths)
  }

  @Test func `The first file that is there is the model`() throws {
    try inFolder { folder in
      let path = "\(folder)/c.yaml"
      let config = try ClusterConfig.parse(
        "cluster: {nodes: {tiny: {resources: {model: m}}}}", file: path)
      let type = config.nodeTypes[0]
      #expect {
        try config.modelPath(of: type)
      } throws: { error in
        let problem = (error as? ConfigError)?.problems.first
        return problem?.code == .modelNotFound
          && problem?.message == "no file for model \"m\" of node type \"tiny\""
          && problem?.hint?.contains("\(folder)/models/m/model.json") == true
      }
      try FileManager.default.createDirectory(
        atPath: "\(folder)/models/m/model.json", withIntermediateDirectories: true)
      try Data().write(to: URL(filePath: "\(folder)/models/m.gguf"))
      #expect(try config.modelPath(of: type) == "\(folder)/models/m.gguf")
      #expect(try config.modelPath(of: type) { _ in true } == "\(folder)/m/model.json")
    }
  }
}
