import LlamaRunner
import LlamboCommand
import LlamboTerminal

/// What the command line asks for.
struct RunnerOptions {
  let model: String
  let checks: Bool
  /// Answer this alone; nil for lines from standard input.
  let prompt: String?
  let isStateless: Bool
  let params: GenerationParams
  let modelOptions: ModelOptions
  let stateful: StatefulOptions
  let pronunciation: Pronunciation
  /// Prepare every prompt, rather than say the mappings alone.
  let pronounces: Bool
  /// Where lines are remembered; nil for nowhere.
  let history: HistoryFile?

  static let command = CommandDefinition(
    "llama-runner",
    "Talk with a model: with a person at a terminal, or line by line with a script.",
    options: [
      OptionDefinition(
        "--model", "-m", .path("PATH"), "A .gguf file, a model.json, or a folder that holds one.",
        isRequired: true),
      OptionDefinition(
        "--check", nil, .flag, "Load the model, compare it with its model.json, and end."),
      OptionDefinition("--prompt", "-p", .text("TEXT"), "Answer this and end."),
      OptionDefinition(
        "--stateless", nil, .flag, "Answer each line on its own, without the ones before."),
      OptionDefinition("--system", "-s", .text("TEXT"), "Message that stands before everything."),
      OptionDefinition(
        "--max", "-n", .integer("TOKENS", 1...Int(Int32.max)), "Most tokens of an answer.",
        default: "200"),
      OptionDefinition(
        "--temperature", "-t", .number("T", 0...5),
        "Randomness; 0 takes the likeliest token always.", default: "0.7"),
      OptionDefinition(
        "--top-p", nil, .number("P", Double.leastNonzeroMagnitude...1),
        "Share of the probability to draw from.", default: "0.9"),
      OptionDefinition(
        "--top-k", nil, .integer("K", 0...Int(Int32.max)),
        "Tokens to draw from; 0 for all.", default: "40"),
      OptionDefinition(
        "--seed", nil, .integer("N", 0...Int(UInt32.max)), "Makes the draws repeatable."),
      OptionDefinition(
        "--context-size", "-c", .integer("TOKENS", 2...(1 << 22)),
        "Tokens that the conversation may have; the model's own number, up to 8192, if not given."),
      OptionDefinition(
        "--threads", nil, .integer("N", 1...512),
        "CPU threads for single tokens; half of the cores if not given."),
      OptionDefinition(
        "--batch-threads", nil, .integer("N", 1...512),
        "CPU threads for prompts; as --threads, or a quarter of the cores, if not given."),
      OptionDefinition(
        "--gpu-layers", nil, .integer("N", -1...100_000),
        "Layers kept on a GPU, where the build has one; -1 for all.", default: "0"),
      OptionDefinition(
        "--adapter", nil, .text("FILE[=SCALE]"), "A LoRA adapter, and how strong it is.",
        isRepeatable: true),
      OptionDefinition(
        "--say", nil, .text("WRITTEN=SAID"), "Replace a word of prompts by how it is said.",
        isRepeatable: true),
      OptionDefinition(
        "--pronounce", nil, .flag,
        "Make prompts sayable: take names apart, spell acronyms."),
      OptionDefinition(
        "--history", nil, .path("FILE"),
        "Where a terminal's lines are remembered; llambo/history in $XDG_STATE_HOME, or in "
          + "~/.local/state, if not given.",
        environment: "LLAMBO_HISTORY"),
    ],
    exclusive: [["--check", "--prompt"], ["--check", "--stateless"]],
    examples: [
      CommandExample("llama-runner --model models/llambo-tiny", "Talk with a model."),
      CommandExample(
        "llama-runner --model model.json --check", "See whether a model is what it says."),
      CommandExample(
        "llama-runner --model model.json --prompt \"What is a cluster?\" --temperature 0",
        "Ask one thing, the same answer each time."),
      CommandExample(
        "llama-runner --model model.json < questions.txt", "Answer a file, line by line."),
    ])

  init(_ arguments: Arguments) throws(LlamaError) {
    model = arguments.text("--model")
    checks = arguments.flag("--check")
    prompt = arguments.text(ifGiven: "--prompt")
    isStateless = arguments.flag("--stateless")
    params = GenerationParams(
      maxTokens: arguments.integer("--max"), temperature: arguments.number("--temperature"),
      topP: arguments.number("--top-p"), topK: arguments.integer("--top-k"),
      seed: arguments.integer(ifGiven: "--seed").map(UInt32.init),
      threads: arguments.integer(ifGiven: "--threads"),
      batchThreads: arguments.integer(ifGiven: "--batch-threads"))
    modelOptions = ModelOptions(
      gpuLayers: arguments.integer("--gpu-layers"),
      adapters: arguments.texts("--adapter").map(Self.adapter))
    stateful = StatefulOptions(
      system: arguments.text(ifGiven: "--system"),
      contextSize: arguments.integer(ifGiven: "--context-size"))
    pronunciation = Pronunciation(mappings: try Self.mappings(arguments.texts("--say")))
    pronounces = arguments.flag("--pronounce")
    history =
      arguments.text(ifGiven: "--history").map { HistoryFile($0) } ?? HistoryFile(named: "history")
  }

  /// `FILE` or `FILE=SCALE`; a file's name may hold other equals signs.
  private static func adapter(_ text: String) -> Adapter {
    guard let sign = text.lastIndex(of: "="), sign != text.startIndex,
      let scale = Double(text[text.index(after: sign)...])
    else { return Adapter(path: text) }
    return Adapter(path: String(text[..<sign]), scale: scale)
  }

  private static func mappings(_ texts: [String]) throws(LlamaError) -> [String: String] {
    var mappings: [String: String] = [:]
    for text in texts {
      guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
        throw LlamaError(.invalidParameter, "--say must be WRITTEN=SAID, but is \"\(text)\"")
      }
      mappings[String(text[..<sign])] = String(text[text.index(after: sign)...])
    }
    return mappings
  }
}
