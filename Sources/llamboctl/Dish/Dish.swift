import LlamboCommand
import LlamboIO
import LlamboTerminal

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The shell of `llamboctl`: each line is one of its commands, and runs as a process of its own,
/// so that Ctrl-C ends that one alone.
struct Dish {
  /// A person looks on.
  let isInteractive: Bool
  /// A script ends with its first command that fails.
  let stopsOnError: Bool
  private let llamboctl: String
  private var line = 0
  /// The status of the first command that failed.
  private var failure: Int32 = 0
  private var isHeard = true

  init(isInteractive: Bool, stopsOnError: Bool) throws(ControlError) {
    self.isInteractive = isInteractive
    self.stopsOnError = stopsOnError
    do throws(SystemError) {
      llamboctl = try ChildProcess.sibling("llamboctl")
    } catch {
      throw ControlError(error.description, .osError)
    }
  }

  /// Takes lines until their end, `exit`, or until nobody reads what they print.
  ///
  /// - Returns: of a script, the status of the first command that failed.
  mutating func run(_ input: some LineInput) -> Int32 {
    var input = input
    while isHeard, !(stopsOnError && !isInteractive && failure != 0) {
      switch input.next() {
      case .end:
        if isInteractive { put("\n") }
        return status
      case .interrupted:
        _ = Interrupt.take()
        if !isInteractive { return Program.Status.interrupted.rawValue }
      case .tooLong:
        line += 1
        fail("a line has more than \(ScriptInput.lineLimit) bytes", .dataError)
      case .line(let text):
        line += 1
        guard perform(text) else { return status }
      }
    }
    return status
  }

  private var status: Int32 { isInteractive ? 0 : failure }

  /// Does what a line says; false where it ends the shell.
  private mutating func perform(_ text: String) -> Bool {
    do throws(UsageError) {
      let words = try DishLine.words(text, of: DishWords.program)
      guard let first = words.first else { return true }
      if DishWords.ends.contains(first) {
        guard words.count == 1 else {
          throw UsageError(.unexpectedArgument, "\(first) stands alone on its line")
        }
        return false
      }
      if words == [DishWords.help] {
        put(DishWords.helpText(width: isInteractive ? Terminal.width : nil))
        return true
      }
      try perform(words)
    } catch {
      fail(error.description, .usage)
    }
    return true
  }

  private mutating func perform(_ words: [String]) throws(UsageError) {
    guard words.first != "dish" else {
      throw UsageError(.unexpectedArgument, "this is dish already", hint: "help lists its commands")
    }
    let words = DishWords.resolved(words)
    let parsed = try DishWords.program.parse(words) { name in
      getenv(name).map { String(cString: $0) }
    }
    switch parsed.action {
    case .help: put(DishWords.program.helpText(path: parsed.path) + "\n")
    case .version: put("llamboctl \(llamboVersion)\n")
    case .run: launch(words, as: parsed.path.joined(separator: " "))
    }
  }

  private mutating func launch(_ words: [String], as name: String) {
    do throws(SystemError) {
      let end = try ForegroundProcess.run([llamboctl] + words, readsInput: isInteractive)
      switch end {
      case .status(0): break
      case .signal(SIGPIPE): isHeard = false
      case .signal(SIGINT) where isInteractive: put("\n")
      default:
        if !isInteractive { note("\(name) ended with status \(end.code)") }
        if failure == 0 { failure = end.code }
      }
    } catch {
      fail(error.description, .osError)
    }
    _ = Interrupt.take()
  }

  private mutating func put(_ text: String) { isHeard = isHeard && Program.put(text) }

  private mutating func fail(_ message: String, _ status: Program.Status) {
    note(message)
    if failure == 0 { failure = status.rawValue }
  }

  private func note(_ message: String) {
    Program.log("dish: " + (isInteractive ? "" : "line \(line): ") + message)
  }
}
