import Foundation
import LlamboWire

/// A person who types what the documents show, in a folder like the checkout's, after
/// `./deploy.sh all`.
struct Reader {
  /// What a document shows to type, without its prompt and its remark; `deploy.sh` has its own tests.
  static func commands(of document: String) -> [String] {
    var isCode = false
    var commands: [String] = []
    for line in File.text(Programs.checkout + "/" + document).components(separatedBy: "\n") {
      if line.hasPrefix("```") { isCode.toggle() }
      // A line with a remark behind it is a command too, as the reference writes its examples.
      guard isCode, line.hasPrefix("$ ") || line.contains("    # ") else { continue }
      let command = line.hasPrefix("$ ") ? line.dropFirst(2) : Substring(line)
      let end = command.range(of: " # ")?.lowerBound ?? command.endIndex
      commands.append(String(command[..<end]).trimmingCharacters(in: .whitespaces))
    }
    return commands.filter { !$0.hasPrefix("./deploy.sh") }
  }

  private let box: Sandbox
  /// Where the cluster listens, once it runs.
  private var port = "9000"
  private var metrics = "127.0.0.1:9464"

  /// Puts the shipped configuration and model into the sandbox, and files that the documents name.
  init(in box: Sandbox) throws {
    self.box = box
    let shipped = File.text(Programs.checkout + "/cluster-config.yaml")
    let own = shipped.replacingOccurrences(of: "127.0.0.1:9000", with: "127.0.0.1:0")
      .replacingOccurrences(of: "127.0.0.1:9464", with: "127.0.0.1:0")
      .replacingOccurrences(of: "/tmp/llambo-cluster.state", with: ClusterPlan.stateFile)
    try File.write(own, to: box.path("cluster-config.yaml"))
    try File.write("What is a token?\n", to: box.path("questions.txt"))
    try File.write("status\nnodes list\n", to: box.path("script"))
    let model = "models/llambo-tiny"
    try prepare(
      "mkdir -p models .config/fish/completions && ln -s \(Programs.model) \(model) "
        + "&& cp \(model)/model.json . && ln -s \(model)/Q8_0 Q8_0 "
        + "&& cp \(model)/Q8_0/*.gguf qwen2-0.5b-q4_k_m.gguf")
  }

  /// Starts the configured cluster, on ports of its own.
  mutating func startCluster() throws {
    try prepare("$llamboctl init")
    let log = try box.llamboctl("logs").lines
    guard let page = log.first(where: { $0.contains("metrics on http://") }),
      let address = page.split(separator: "/").dropLast().last,
      let port = try box.state().listen.split(separator: ":").last
    else { throw NeverHappened(description: "a cluster with metrics; the log: \(log)") }
    metrics = String(address)
    self.port = String(port)
  }

  private func prepare(_ line: String) throws {
    let prepared = try box.shell(line)
    guard prepared.succeeded else { throw NeverHappened(description: prepared.errors) }
  }

  /// Starts a command as it stands, but for ports that other tests may use, and sizes that take long.
  func type(_ command: String) throws -> RunningProgram {
    var line = command
    for (written, meant) in [
      ("127.0.0.1 9000", "127.0.0.1 \(port)"), ("127.0.0.1:9000", "127.0.0.1:\(port)"),
      ("127.0.0.1:9464", metrics), ("127.0.0.1:9100", "127.0.0.1:0"),
      ("--seeds 10000", "--seeds 40"), ("--nodes 10000", "--nodes 200"),
    ] {
      line = line.replacingOccurrences(of: written, with: meant)
    }
    if line == "llambo-sim" || line == "llambo-sim --json" { line += " --seeds 20" }
    // What waits for a person reads this instead.
    let input = line.hasPrefix("llamboctl dish") ? "status\n" : "What is a cluster?\n"
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try box.start(
      "bash", ["-c", line], input: input,
      environment: ["PATH": "\(Programs.folder):\(path)", "EDITOR": "true", "HOME": box.folder])
  }
}
