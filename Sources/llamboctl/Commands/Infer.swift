import LlamboCommand
import LlamboIO
import LlamboJSON
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Command {
  private static let options = [
    OptionDefinition(
      "--max-tokens", "-n", .integer("N", 1...(1 << 20)), "The most tokens to generate."),
    OptionDefinition(
      "--temperature", "-t", .number("T", 0...5), "Randomness; 0 always takes the likeliest."),
    OptionDefinition("--top-p", nil, .number("P", 0...1), "Probability mass that is kept."),
    OptionDefinition("--top-k", nil, .integer("K", 0...1_000_000), "Tokens that are kept; 0: all."),
    OptionDefinition(
      "--seed", "-s", .integer("N", 0...Int(UInt32.max)), "Makes a random answer repeatable."),
    OptionDefinition("--json", nil, .flag, "Print the whole answer as JSON when it is there."),
  ]
  private static let prompt = ArgumentDefinition(
    "PROMPT", "What to ask; standard input where there is none.", .any)

  static let infer = Command(
    definition: CommandDefinition(
      "infer", "Let the model continue a raw prompt, streaming.",
      arguments: [prompt], options: options + Fusing.options,
      examples: [
        CommandExample("llamboctl infer \"What is a load balancer?\"", "Ask."),
        CommandExample("echo \"What is a cluster?\" | llamboctl infer", "Ask from a pipe."),
        CommandExample(
          "llamboctl infer --fusion majority --nodes 3 \"Yes or no?\"", "Let three nodes vote."),
      ]),
    run: { (arguments) throws(ControlError) in
      try stream(
        .prompt(try promptText(arguments)), arguments, fusion: try Fusing.request(arguments))
    })

  static let limbot = Command(
    definition: CommandDefinition(
      "limbot", "Ask the assistant one question, through the model's chat template.",
      arguments: [prompt], options: options,
      examples: [CommandExample("llamboctl limbot \"What is machine learning?\"", "Ask.")]),
    run: { (arguments) throws(ControlError) in
      let question = GenerationRequest.Message(
        role: "user", content: try promptText(arguments))
      return try stream(.messages([question]), arguments)
    })
}

/// The arguments as one text, or what standard input holds.
private func promptText(_ arguments: Arguments) throws(ControlError) -> String {
  let words = arguments.positionals.joined(separator: " ")
  if !words.isEmpty { return words }
  guard !Program.isTerminal(STDIN_FILENO) else {
    throw ControlError("a prompt is missing: give it as an argument or through a pipe", .usage)
  }
  var text = ""
  while let line = readLine(strippingNewline: false) {
    text += line
    guard text.utf8.count <= WireLimits().lineBytes else {
      throw ControlError("the prompt is too long for one request", .dataError)
    }
  }
  while text.last == "\n" { text.removeLast() }
  guard !text.isEmpty else { throw ControlError("the prompt is empty", .usage) }
  return text
}

/// Asks, and shows the answer as it comes.
private func stream(
  _ input: GenerationRequest.Input, _ arguments: Arguments, fusion: FusionRequest? = nil
) throws(ControlError) -> Program.Status {
  var request = GenerationRequest(input)
  request.maxTokens = arguments.integer(ifGiven: "--max-tokens")
  request.temperature = arguments.number(ifGiven: "--temperature")
  request.topP = arguments.number(ifGiven: "--top-p")
  request.topK = arguments.integer(ifGiven: "--top-k")
  request.seed = arguments.integer(ifGiven: "--seed").map { UInt32($0) }
  request.fusion = fusion
  let client = try ClusterAccess(arguments).connect()
  let asJSON = arguments.flag("--json")
  do {
    try client.send { $0.line(request.verb, request.body) }
    var isFirst = true
    while true {
      let line = try client.receive(timeout: .max / 2)
      switch line.kind {
      case .token where !asJSON:
        var text = Terminal.harmless(line.body["text"]?.string ?? "")
        // A raw prompt's continuation starts with the space before its first word.
        if isFirst { text = String(text.drop { $0 == " " || $0 == "\n" }) }
        if !text.isEmpty { isFirst = false }
        // Nobody reads on: leaving frees the slot.
        guard Terminal.write(text) else { return .ok }
      case .token: break
      case .done:
        let completion = try Completion(body: line.body)
        if asJSON {
          print(line.body)
        } else {
          _ = Terminal.write("\n")
          summarize(completion)
          // On standard error, for what is piped on is the answer.
          if let report = completion.fusion { Program.log(Fusing.summary(report)) }
        }
        return .ok
      case .error:
        if !isFirst { _ = Terminal.write("\n") }
        throw WireError(body: line.body)
      default: throw LineClient.Failure.notUnderstood("a \(line.kind.rawValue) line")
      }
    }
  } catch let error as WireError {
    throw ControlError(error.description)
  } catch {
    throw ControlError("the answer broke off: \(error)", .unavailable)
  }
}

/// Tokens, time and node under the answer, where a person looks.
private func summarize(_ completion: Completion) {
  guard Program.isTerminal(STDOUT_FILENO) else { return }
  let time = Terminal.duration(completion.completionTime)
  let rate = Double(completion.tokenCount) / max(completion.completionTime, 0.1) * 1000
  print(
    Terminal.styled(
      "\(completion.tokenCount) tokens, \(time), \(Terminal.grouped(Int(rate))) a second, "
        + completion.node, .dim))
}
