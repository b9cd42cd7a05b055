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
        OptionDefinition(
          "--schema", nil, .flag, "Print the JSON Schema of configurations, for editors."),
      ],
      exclusive: [["--show", "--validate", "--schema"]],
      examples: [
        CommandExample("llamboctl config --validate", "Find mistakes before a cluster does."),
        CommandExample(
          "llamboctl config --schema > cluster-config.schema.json", "Write the schema anew."),
      ]),
    run: { (arguments) throws(ControlError) in
      if arguments.flag("--schema") {
        print(ConfigKey.schema, terminator: "")
        return .ok
      }
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
