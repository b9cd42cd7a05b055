import LlamaRunner
import LlamboCommand
import LlamboJSON

extension Command {
  static let models = Command(
    definition: CommandDefinition(
      "models", "Look at the models, check them, and get new ones.",
      examples: [
        CommandExample("llamboctl models list", "A line for each model."),
        CommandExample(
          "llamboctl models add https://example.org/qwen2-0.5b-q4_k_m.gguf", "Get one."),
      ]),
    subcommands: [modelsList, modelsCheck, modelsAdd])

  private static let folder = OptionDefinition(
    "--models", "-m", .path("FOLDER"),
    "The folder of models; models/ beside the configuration unless given.")
  private static let checksum = OptionDefinition(
    "--sha256", nil, .text("HASH"), "The SHA-256 that the file must have, in hexadecimal.")

  private static let modelsList = Command(
    definition: CommandDefinition(
      "list", "List the models.", options: [.json, folder],
      examples: [CommandExample("llamboctl models list --json", "The same, for a program.")]),
    run: { (arguments) throws(ControlError) in
      let folder = ModelFolder(arguments)
      let entries = try folder.entries()
      if arguments.flag("--json") {
        print(JSON.array(entries.map(\.json)))
      } else if entries.isEmpty {
        print("There are no models in \(folder.path).")
      } else {
        print(
          Terminal.table(
            [ModelFolder.head] + entries.map(\.row), rightAligned: [2, 4, 5]), terminator: "")
      }
      return .ok
    })

  private static let modelsCheck = Command(
    definition: CommandDefinition(
      "check", "Check a model: its description, its file, and that llama.cpp loads it.",
      arguments: [ArgumentDefinition("MODEL", "A name of the list, or a path.", .one)],
      options: [checksum, folder],
      examples: [CommandExample("llamboctl models check llambo-tiny", "Exit status 0 if sound.")]),
    run: { (arguments) throws(ControlError) in
      let name = arguments.positionals[0]
      let path = try ModelFolder(arguments).find(name)
      let model: Model
      do throws(LlamaError) {
        model = try Model(path: path)
        _ = try GGUFHeader.readWhole(path: model.path)
      } catch {
        throw ControlError("\(name) cannot be used: \(error)", .dataError)
      }
      if let hash = try Checksum(arguments) { try hash.check(model.path) }
      print(
        "\(name) is sound: \(model.architecture), \(Magnitude.count(model.parameterCount)) "
          + "parameters, \(model.quantization), \(Magnitude.bytes(model.fileSize)), "
          + "\(Terminal.grouped(model.contextLength)) tokens of context.")
      return .ok
    })

  private static let modelsAdd = Command(
    definition: CommandDefinition(
      "add", "Add a model from a file or an address, checked and described.",
      arguments: [
        ArgumentDefinition(
          "SOURCE", "A .gguf file, or its http, https or file address.", .one, isPath: true)
      ],
      options: [
        OptionDefinition(
          "--name", "-n", .text("NAME"), "What to call it; made of the file's name unless given."),
        checksum, folder,
      ],
      examples: [
        CommandExample("llamboctl models add ~/qwen2-0.5b-q4_k_m.gguf --name qwen", "Copy a file.")
      ]),
    run: { (arguments) throws(ControlError) in
      let added = try ModelAddition(
        arguments.positionals[0], name: arguments.text(ifGiven: "--name"),
        checksum: try Checksum(arguments), to: ModelFolder(arguments)
      ).run()
      print("Added \(added). A node type serves it with model: \"\(added.name)\".")
      return .ok
    })
}

extension ModelFolder {
  fileprivate init(_ arguments: Arguments) {
    self =
      arguments.text(ifGiven: "--models").map { ModelFolder(path: $0) }
      ?? ModelFolder(beside: ClusterAccess(arguments).configPath)
  }

  /// The one that a configuration's node types find their models in.
  init(beside config: String) {
    path = config.lastIndex(of: "/").map { config[..<$0] + "/models" } ?? "models"
  }
}
