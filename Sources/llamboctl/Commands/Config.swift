import LlamboCommand
import LlamboConfig

extension Command {
  static let config = Command(
    definition: CommandDefinition(
      "config", "Show or check the cluster's configuration.",
      options: [
        OptionDefinition(
          "--show", nil, .flag, "Print the configuration in force, defaults written out."),
        OptionDefinition(
          "--validate", nil, .flag, "Check the file, and that every model it names is there."),
      ],
      exclusive: [["--show", "--validate"]],
      examples: [
        CommandExample("llamboctl config --validate", "Find mistakes before a cluster does.")
      ]),
    run: { (arguments) throws(ControlError) in
      let access = ClusterAccess(arguments)
      let config = try access.config()
      guard arguments.flag("--validate") else {
        print(config.yaml, terminator: "")
        return .ok
      }
      do throws(ConfigError) {
        for type in config.nodeTypes { _ = try config.modelPath(of: type) }
      } catch {
        throw ControlError(error.description, .configuration)
      }
      print("\(access.configPath) is valid.")
      return .ok
    })
}
