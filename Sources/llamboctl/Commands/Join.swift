import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboWire

extension Command {
  static let join = Command(
    definition: CommandDefinition(
      "join", "Become a worker of the running cluster, until that ends or Ctrl-C.",
      options: [
        OptionDefinition(
          "--type", "-t", .text("TYPE"),
          "A node type of the configuration; its first one unless given."),
        OptionDefinition(
          "--name", "-n", .text("NAME"),
          "What the cluster calls the node; the orchestrator chooses unless given."),
      ],
      examples: [
        CommandExample("llamboctl join --type large", "One more node, beside those it started."),
        CommandExample(
          "llamboctl join --orchestrator 127.0.0.1:9000", "Join the one that listens there."),
      ]),
    run: { (arguments) throws(ControlError) in
      let access = ClusterAccess(arguments)
      let config = try access.config()
      let type = try nodeType(arguments.text(ifGiven: "--type"), of: config, access)
      let resources = type.resources
      let model: String
      do throws(ConfigError) {
        model = try config.modelPath(of: type)
      } catch {
        throw ControlError(error.description, .configuration)
      }
      // Tells at once, and in these words, where no orchestrator answers.
      _ = try access.connect().ask(.ping)
      guard let address = try access.address() else {
        throw ControlError("the cluster has just ended", .unavailable)
      }
      let name = arguments.text(ifGiven: "--name").map { ["--node", $0] } ?? []
      do throws(SystemError) {
        throw ChildProcess.become(
          try ChildProcess.sibling("llambo-worker"),
          [
            "--model", model, "--join", address.description, "--type", type.name,
            "--slots", "\(resources.slots)", "--context-size", "\(resources.contextSize)",
            "--threads", "\(resources.threads)", "--lease", "\(config.orchestrator.lease)",
          ] + name)
      } catch {
        throw ControlError(error.description, .osError)
      }
    })

  private static func nodeType(
    _ name: String?, of config: ClusterConfig, _ access: ClusterAccess
  ) throws(ControlError) -> ClusterConfig.NodeType {
    let names = config.nodeTypes.map(\.name)
    guard let name = name ?? names.first else {
      throw ControlError(
        "\(access.configPath) has no node type: write one below \"nodes:\"", .configuration)
    }
    guard let type = config.nodeType(named: name) else {
      let hint =
        nearestWord(to: name, in: names).map { "did you mean \"\($0)\"?" }
        ?? "the configuration has \(names.joined(separator: ", "))"
      throw ControlError("unknown node type \"\(name)\"; \(hint)", .usage)
    }
    return type
  }
}
