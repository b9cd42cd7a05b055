import LlamboCommand
import LlamboConfig
import LlamboIO
import LlamboJSON
import LlamboWire

extension Command {
  static let config = Command(
    definition: CommandDefinition(
      "config", "Show, check or change the cluster's configuration.",
      options: [
        OptionDefinition(
          "--show", nil, .flag, "Print the configuration in force, defaults written out."),
        OptionDefinition(
          "--validate", nil, .flag, "Check the file, and that every model it names is there."),
        OptionDefinition(
          "--schema", nil, .flag, "Print the JSON Schema of configurations, for editors."),
        OptionDefinition(
          "--edit", nil, .flag,
          "Open a copy in $VISUAL or $EDITOR, else vi; a sound one takes the file's place, and a running "
            + "cluster reads it."),
        OptionDefinition("--reload", nil, .flag, "Have the running cluster read its file anew."),
        OptionDefinition("--json", nil, .flag, "Print the answer to a reload as JSON."),
      ],
      exclusive: [
        ["--show", "--validate", "--schema", "--edit", "--reload"], ["--show", "--json"],
        ["--validate", "--json"], ["--edit", "--json"], ["--schema", "--json"],
      ],
      examples: [
        CommandExample("llamboctl config --validate", "Find mistakes before a cluster does."),
        CommandExample(
          "llamboctl config --schema > cluster-config.schema.json", "Write the schema anew."),
        CommandExample("llamboctl config --edit", "Change it, also while the cluster runs."),
      ]),
    run: { (arguments) throws(ControlError) in
      if arguments.flag("--schema") {
        print(ConfigKey.schema, terminator: "")
        return .ok
      }
      guard !arguments.flag("--json") || arguments.flag("--reload") else {
        throw ControlError("--json goes with --reload: write config --reload --json", .usage)
      }
      let access = ClusterAccess(arguments)
      if arguments.flag("--edit") { return try edit(access, arguments) }
      if arguments.flag("--reload") { return try reload(access.connect(), arguments) }
      let config = try access.config()
      guard arguments.flag("--validate") else {
        print(config.yaml, terminator: "")
        return .ok
      }
      try access.checkModels(of: config)
      print("\(access.configPath) is valid.")
      return .ok
    })

  private static func edit(
    _ access: ClusterAccess, _ arguments: Arguments
  ) throws(ControlError) -> Program.Status {
    // Before the edit, which may change where the state file is. A file that is broken already
    // names no cluster, and is to be edited all the more.
    let address = (try? access.address()) ?? nil
    switch try ConfigEdit(access).run() {
    case .unchanged:
      print("\(access.configPath) is as it was.")
      return .ok
    case .replaced: print("\(access.configPath) is changed.")
    }
    guard let address, let client = try? LineClient(to: address) else {
      print("No cluster is running: the next one starts with it.")
      return .ok
    }
    return try reload(client, arguments)
  }

  private static func reload(
    _ client: LineClient, _ arguments: Arguments
  ) throws(ControlError) -> Program.Status {
    let answer = try client.ask(.reload)
    print(arguments.flag("--json") ? "\(answer)" : reloadText(answer))
    return .ok
  }
}

private func reloadText(_ answer: JSON) -> String {
  func names(_ field: String) -> [String] { (answer[field]?.array ?? []).compactMap(\.string) }
  func changes(_ field: String) -> [String] {
    (answer[field]?.array ?? []).map { change in
      func value(_ name: String) -> String { change[name]?.string ?? "none" }
      return "  \(value("key")): \(value("from")) → \(value("to"))"
    }
  }
  var lines = changes("changed")
  for (field, what) in [
    ("types_added", "new"), ("types_removed", "gone, and draining"),
    ("types_rolled", "changed: new nodes come for the old ones"),
  ] {
    for type in names(field) { lines.append("  type \(type): \(what)") }
  }
  let started = names("started").count
  let drained = names("drained").count
  if started > 0 { lines.append("  nodes starting: \(started)") }
  if drained > 0 { lines.append("  nodes draining: \(drained)") }
  let file = answer["file"]?.string ?? "its configuration"
  var text =
    lines.isEmpty
    ? "The cluster has read \(file): nothing to change."
    : (["The cluster has read \(file):"] + lines).joined(separator: "\n")
  let waiting = changes("needs_restart")
  if !waiting.isEmpty {
    text += (["", "These wait for a restart of the cluster:"] + waiting).joined(separator: "\n")
  }
  return text
}
