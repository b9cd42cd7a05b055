import Foundation
import LlamboIO
import LlamboWire
import Testing

extension SystemTests {
  /// Every command that the documents show after a prompt, typed as it stands there.
  @Suite struct DocumentTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    static let documents: [String] = {
      let folder = Programs.checkout + "/Docs"
      let docs = File.names(in: folder).filter { $0.hasSuffix(".md") }.map { "Docs/" + $0 }
      return (["README.md"] + docs.sorted()).filter { !commands(of: $0).isEmpty }
    }()

    /// The lines of a document's code that begin with a prompt, without prompt and remark.
    private static func commands(of document: String) -> [String] {
      var isCode = false
      var commands: [String] = []
      for line in File.text(Programs.checkout + "/" + document).components(separatedBy: "\n") {
        if line.hasPrefix("```") { isCode.toggle() }
        guard isCode, line.hasPrefix("$ ") else { continue }
        let command = line.dropFirst(2)
        let end = command.range(of: " # ")?.lowerBound ?? command.endIndex
        commands.append(String(command[..<end]).trimmingCharacters(in: .whitespaces))
      }
      return commands
    }

    @Test func theDocumentsShowCommands() {
      #expect(Self.documents.count >= 4)
      #expect(Self.commands(of: "README.md").count >= 10)
    }

    @Test(arguments: Self.documents)
    func aReaderCanTypeWhatADocumentShows(_ document: String) throws {
      let ports = try beginAsAReader()
      for command in Self.commands(of: document) {
        var line = command.replacingOccurrences(
          of: "127.0.0.1 9000", with: "127.0.0.1 \(ports.line)")
        line = line.replacingOccurrences(of: "127.0.0.1:9464", with: ports.metrics)
        // What waits for a person reads this instead.
        let input = line.hasPrefix("llamboctl dish") ? "status\n" : "What is a cluster?\n"
        let result = try box.run(
          "sh", ["-c", line], input: input, environment: ["PATH": path, "EDITOR": "true"])
        #expect(result.end == .status(0), "\(line): \(result.errors)")
        #expect(!result.output.isEmpty, "\(line) shows nothing")
      }
    }

    private var path: String {
      Programs.folder + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
    }

    /// The checkout's configuration and model in the sandbox, and a cluster, as after
    /// `./deploy.sh all`, on ports of its own.
    private func beginAsAReader() throws -> (line: String, metrics: String) {
      let shipped = File.text(Programs.checkout + "/cluster-config.yaml")
      let own = shipped.replacingOccurrences(of: "127.0.0.1:9000", with: "127.0.0.1:0")
        .replacingOccurrences(of: "127.0.0.1:9464", with: "127.0.0.1:0")
        .replacingOccurrences(of: "/tmp/llambo-cluster.state", with: ClusterPlan.stateFile)
      try File.write(own, to: box.path("cluster-config.yaml"))
      try File.write("What is a token?\n", to: box.path("questions.txt"))
      try File.write("status\nnodes list\n", to: box.path("script"))
      let prepared = try box.shell(
        "ln -s \(Programs.checkout)/models models && cp models/llambo-tiny/model.json . "
          + "&& ln -s models/llambo-tiny/Q8_0 Q8_0 && $llamboctl init")
      try #require(prepared.succeeded, "\(prepared.errors)")
      let log = try box.llamboctl("logs").lines
      let page = try #require(log.first { $0.contains("metrics on http://") })
      let metrics = try #require(page.split(separator: "/").dropLast().last)
      return (String(try box.state().listen.split(separator: ":")[1]), String(metrics))
    }
  }
}
