import LlamaRunner
import LlamboCommand
import LlamboTerminal

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

let arguments = Program.parse(RunnerOptions.command).arguments
do throws(LlamaError) {
  let options = try RunnerOptions(arguments)
  if options.checks { Program.end(try check(options)) }
  var session = try Session(options)
  Interrupt.catchSignals()
  let status: Int32
  if let prompt = options.prompt {
    status = session.answerOnce(prompt)
  } else if Program.isTerminal(STDIN_FILENO), Program.isTerminal(STDOUT_FILENO) {
    _ = Program.put("\(Program.harmless(session.modelName)). /help shows what you can do.\n")
    status = session.run(
      EditedInput(
        prompt: "> ", history: options.history,
        complete: SlashLine.completion(of: SlashCommand.allCases.map(\.rawValue))),
      isInteractive: true)
  } else {
    status = session.run(ScriptInput(), isInteractive: false)
  }
  Program.end(code: status)
} catch {
  let status: Program.Status =
    switch error.code {
    case .invalidParameter: .usage
    case .contextFailed: .osError
    default: .dataError
    }
  Program.fail("llama-runner", error.description, status)
}
