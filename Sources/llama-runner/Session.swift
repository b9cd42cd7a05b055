import LlamaRunner
import LlamboCommand
import LlamboTerminal

/// A conversation on standard input and output.
struct Session {
  private let options: RunnerOptions
  private let agent: StatefulAgent
  private var statistics = Statistics()
  private var hasFailed = false

  /// Loads the model.
  init(_ options: RunnerOptions) throws(LlamaError) {
    self.options = options
    agent = try StatefulAgent(
      runner: LlamaRunner(modelPath: options.model, options: options.modelOptions),
      params: options.params, options: options.stateful)
  }

  var modelName: String { agent.runner.model.name }

  /// Answers one prompt.
  mutating func answerOnce(_ prompt: String) -> Int32 {
    let reason = answer(prompt)
    if reason == .cancelled { return Program.Status.interrupted.rawValue }
    return hasFailed ? Program.Status.failure.rawValue : 0
  }

  /// Answers lines until their end, `/exit`, or until nobody reads the answers any more.
  ///
  /// - Returns: the exit status; 1 where an answer of a script failed.
  mutating func run(_ input: some LineInput, isInteractive: Bool) -> Int32 {
    var input = input
    while true {
      switch input.next() {
      case .end:
        if isInteractive { _ = Program.put("\n") }
        return status(isInteractive)
      case .interrupted:
        if !isInteractive { return Program.Status.interrupted.rawValue }
      case .tooLong:
        complain("a line has more than \(ScriptInput.lineLimit) bytes and was skipped")
      case .line(let line):
        let text = trimmed(line)
        if text.isEmpty { continue }
        if let slash = SlashLine(text) {
          guard perform(slash) else { return status(isInteractive) }
        } else {
          _ = answer(text)
          guard canWrite else { return status(isInteractive) }
        }
      }
    }
  }

  private var canWrite = true

  private func status(_ isInteractive: Bool) -> Int32 {
    hasFailed && !isInteractive ? Program.Status.failure.rawValue : 0
  }

  /// Streams the answer; nil where there is none.
  private mutating func answer(_ text: String) -> FinishReason? {
    var isWritten = true
    _ = Interrupt.take()
    let start = ContinuousClock.now
    do throws(LlamaError) {
      if options.isStateless { try agent.runner.clearContext() }
      let prompt =
        options.pronounces
        ? options.pronunciation.prepare(text) : options.pronunciation.applyMappings(text)
      let generation = try agent.respond(prompt) { part in
        if !part.isEmpty { isWritten = isWritten && Program.put(Program.harmless(part)) }
        return isWritten && !Interrupt.isWanted
      }
      canWrite = isWritten && Program.put("\n")
      statistics.add(generation, took: .now - start)
      _ = Interrupt.take()
      return generation.finishReason
    } catch {
      complain(error.description)
      return nil
    }
  }

  /// Does what a slash command asks; false where the session ends.
  private mutating func perform(_ line: SlashLine) -> Bool {
    guard let command = SlashCommand(rawValue: line.name) else {
      complain(line.notFound(among: SlashCommand.allCases.map(\.rawValue)))
      return true
    }
    let rest = line.rest
    guard rest.isEmpty || command == .test else {
      complain("\(command.rawValue) stands alone on its line")
      return true
    }
    switch command {
    case .exit: return false
    case .help: return Program.put(SlashCommand.helpText)
    case .test:
      guard !rest.isEmpty else {
        complain("/test needs a word, such as /test getHTTPResponse")
        return true
      }
      return Program.put(Program.harmless(pronunciationReport(rest)))
    case .stats: return Program.put(statistics.report(agent.runner))
    case .clear:
      do throws(LlamaError) { try agent.reset() } catch { complain(error.description) }
      return true
    }
  }

  private func pronunciationReport(_ text: String) -> String {
    let said = options.pronunciation.prepare(text)
    return """
      written  \(text)
      said     \(said)
      quality  \(fixed(Pronunciation.quality(of: text), 2)) written, \
      \(fixed(Pronunciation.quality(of: said), 2)) said

      """
  }

  private mutating func complain(_ message: String) {
    hasFailed = true
    Program.log("llama-runner: \(message)")
  }
}
