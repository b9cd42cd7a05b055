import LlamaRunner
import LlamboCommand
import LlamboIO
import LlamboWire

/// What the command line asks of a worker.
struct WorkerOptions {
  var model: String
  var listen: Address
  /// The orchestrator to dial; nil for a worker on its own.
  var join: Address?
  var node: String?
  var epoch: UInt64
  var type: String
  var engine: EngineConfiguration
  /// Milliseconds that it goes on without its orchestrator until one tells it otherwise.
  var lease: Int64
  var gpuLayers: Int
  /// The folder in which workers leave for each other what they computed.
  var handover: String?
  /// Whether it ends with its standard input.
  var isTied: Bool

  static let command = CommandDefinition(
    "llambo-worker", "Serve one model over the line protocol, alone or as a node of a cluster.",
    options: [
      OptionDefinition(
        "--model", "-m", .path("PATH"), "A .gguf file, a model.json, or a folder that holds one.",
        isRequired: true),
      OptionDefinition(
        "--listen", "-l", .text("HOST:PORT"), "Own line port; port 0 lets the system choose.",
        default: "127.0.0.1:0"),
      OptionDefinition("--join", "-j", .text("HOST:PORT"), "Dial this orchestrator as a node."),
      OptionDefinition("--node", nil, .text("NAME"), "Name of this node in the cluster."),
      OptionDefinition(
        "--epoch", nil, .integer("N", 0...Int.max),
        "Which life of the node this is; set by a launcher.", default: "0"),
      OptionDefinition("--type", "-t", .text("NAME"), "Node type to report.", default: "custom"),
      OptionDefinition(
        "--slots", "-s", .integer("N", 1...256), "Requests that run at once.", default: "4"),
      OptionDefinition(
        "--context-size", "-c", .integer("TOKENS", 2...(1 << 22)),
        "Tokens of prompt and answer that one slot holds.", default: "512"),
      OptionDefinition("--threads", nil, .integer("N", 1...512), "CPU threads.", default: "1"),
      OptionDefinition(
        "--batch-size", nil, .integer("TOKENS", 1...(1 << 16)),
        "Most tokens computed at once, but never fewer than slots.", default: "128"),
      OptionDefinition(
        "--gpu-layers", nil, .integer("N", -1...100_000),
        "Layers kept on a GPU, where the build has one; -1 for all.", default: "0"),
      OptionDefinition(
        "--lease", nil, .integer("MS", 1...Int(Int32.max)),
        "Milliseconds to go on without an orchestrator before ending.", default: "30000"),
      OptionDefinition(
        "--handover", nil, .path("FOLDER"),
        "Private folder where workers that drain leave what they computed; set by a launcher."),
      OptionDefinition(
        "--tied", nil, .flag,
        "End when standard input ends, as a pipe does when the program at its other end is gone."),
    ],
    examples: [
      CommandExample(
        "llambo-worker --model models/llambo-tiny --listen 127.0.0.1:9100",
        "Serve a model on a port of your own."),
      CommandExample(
        "llambo-worker --model models/llambo-tiny --join 127.0.0.1:9000",
        "Become a node of a running cluster."),
    ])

  init(_ arguments: Arguments) throws(SystemError) {
    model = arguments.text("--model")
    listen = try Address(loopback: arguments.text("--listen"))
    join = try arguments.text(ifGiven: "--join").map { text throws(SystemError) in
      try Address(text)
    }
    node = arguments.text(ifGiven: "--node")
    epoch = UInt64(arguments.integer("--epoch"))
    type = arguments.text("--type")
    let threads = arguments.integer("--threads")
    engine = EngineConfiguration(
      slots: arguments.integer("--slots"), contextSize: arguments.integer("--context-size"),
      batchSize: max(arguments.integer("--batch-size"), arguments.integer("--slots")),
      threads: threads, batchThreads: threads)
    lease = Int64(arguments.integer("--lease"))
    gpuLayers = arguments.integer("--gpu-layers")
    handover = arguments.text(ifGiven: "--handover")
    isTied = arguments.flag("--tied")
  }
}
