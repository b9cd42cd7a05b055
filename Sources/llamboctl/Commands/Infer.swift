import LlamboCommand
import LlamboIO
import LlamboJSON
import LlamboTerminal
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension Command {
  /// How an answer is to be; for every command that asks for one.
  static let answerOptions = [
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
      arguments: [prompt], options: answerOptions + Fusing.options,
      examples: [
        CommandExample("llamboctl infer \"What is a load balancer?\"", "Ask."),
        CommandExample("echo \"What is a cluster?\" | llamboctl infer", "Ask from a pipe."),
        CommandExample(
          "llamboctl infer --fusion majority --nodes 3 \"Yes or no?\"", "Let three nodes vote."),
      ]),
    run: { (arguments) throws(ControlError) in
      var request = GenerationRequest(.prompt(try promptText(arguments)), arguments)
      request.fusion = try Fusing.request(arguments)
      return try showAnswer(
        to: request, over: ClusterAccess(arguments).connect(), asJSON: arguments.flag("--json"))
    })
}

/// The arguments as one text, or what standard input holds.
func promptText(_ arguments: Arguments) throws(ControlError) -> String {
  let words = arguments.positionals.joined(separator: " ")
  if !trimmed(words).isEmpty { return words }
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
  guard !trimmed(text).isEmpty else { throw ControlError("the prompt is empty", .usage) }
  return text
}

extension GenerationRequest {
  /// With what `answerOptions` say.
  init(_ input: Input, _ arguments: Arguments) {
    self.init(input)
    maxTokens = arguments.integer(ifGiven: "--max-tokens")
    temperature = arguments.number(ifGiven: "--temperature")
    topP = arguments.number(ifGiven: "--top-p")
    topK = arguments.integer(ifGiven: "--top-k")
    seed = arguments.integer(ifGiven: "--seed").map { UInt32($0) }
  }
}

/// Asks, and shows the answer as it comes.
func showAnswer(
  to request: GenerationRequest, over client: LineClient, asJSON: Bool
) throws(ControlError) -> Program.Status {
  var wrap = WordWrap(width: Terminal.width)
  var isBegun = false
  var isHeard = true
  do {
    let line = try client.stream(request, id: "1") { part in
      guard !asJSON else { return true }
      // A raw prompt's continuation starts with the space before its first word.
      let text = isBegun ? part : String(part.drop { $0 == " " || $0 == "\n" })
      if !text.isEmpty { isBegun = true }
      isHeard = Terminal.write(wrap.take(Terminal.harmless(text)))
      return isHeard
    }
    let completion = try Completion(body: line.body)
    guard isHeard else { return .ok }
    if asJSON {
      print(line.body)
    } else {
      _ = Terminal.write(wrap.end() + "\n")
      if Program.isTerminal(STDOUT_FILENO) {
        print(Terminal.styled(summary(of: completion), .dim))
      }
      // On standard error, for what is piped on is the answer.
      if let report = completion.fusion { Program.log(Fusing.summary(report)) }
    }
    return completion.finishReason == .cancelled ? .interrupted : .ok
  } catch {
    if isBegun { _ = Terminal.write(wrap.end() + "\n") }
    if let error = error as? WireError { throw ControlError(error.description) }
    throw ControlError("the answer broke off: \(error)", .unavailable)
  }
}

/// Tokens, time and node, for under an answer.
func summary(of completion: Completion) -> String {
  let tokens = completion.tokenCount == 1 ? "1 token" : "\(completion.tokenCount) tokens"
  let rate = Double(completion.tokenCount) / max(completion.completionTime, 0.1) * 1000
  var parts = [
    tokens, Terminal.duration(completion.completionTime),
    "\(Terminal.grouped(Int(rate))) a second", completion.node,
  ]
  switch completion.finishReason {
  case .stop: break
  case .length: parts.append("cut off after \(tokens)")
  case .cancelled: parts.append("stopped")
  }
  return parts.filter { !$0.isEmpty }.joined(separator: ", ")
}
