import LlamboConfig

/// What is told about the text, a line each; empty where it parses.
func problems(_ text: String, file: String = "c.yaml") -> [String] {
  problems(Array(text.utf8), file: file)
}

func problems(_ bytes: [UInt8], file: String = "c.yaml") -> [String] {
  do throws(ConfigError) {
    _ = try ClusterConfig.parse(bytes, file: file)
    return []
  } catch {
    return error.description.split(separator: "\n").map(String.init)
  }
}

func codes(_ text: String) -> [ConfigProblem.Code] {
  do throws(ConfigError) {
    _ = try ClusterConfig.parse(text, file: "c.yaml")
    return []
  } catch {
    return error.problems.map(\.code)
  }
}

/// A document with one key of the load balancer or orchestrator.
func one(_ section: String, _ line: String) -> String { "cluster:\n  \(section):\n    \(line)\n" }

/// A document with one node type and one of its resources, which stands in line 6, column 9.
func resource(_ line: String) -> String {
  """
  cluster:
    nodes:
      tiny:
        resources:
          model: m.gguf
          \(line)

  """
}

/// The checkout's folder.
let checkout = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
