import CEdit

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Lines that a person types at a terminal: edited, completed and remembered by libedit, of which
/// a process has one.
package struct EditedInput: LineInput {
  private let prompt: String
  private let history: HistoryFile?
  private var last: String?

  /// Most lines that are remembered.
  private static let historyLimit: Int32 = 1000

  /// - Parameters:
  ///   - prompt: what stands before each line.
  ///   - history: where lines are remembered; nil for nowhere.
  ///   - complete: what Tab offers.
  package init(prompt: String, history: HistoryFile?, complete: @escaping TabCompletion.Offer) {
    self.prompt = prompt
    self.history = history
    // libedit takes typed bytes for characters of the locale.
    if setlocale(LC_CTYPE, "") == nil || !Self.isUTF8 { setlocale(LC_CTYPE, "C.UTF-8") }
    EditedLine.prepare(prompt: prompt)
    rl_initialize()
    EditedLine.bind()
    using_history()
    stifle_history(Self.historyLimit)
    TabCompletion.install(complete)
    if let history {
      history.makeFolder()
      read_history(history.path)
    }
  }

  package mutating func next() -> InputEvent {
    guard let line = EditedLine.read(prompt) else {
      if Interrupt.take() {
        print()
        fflush(nil)
        return .interrupted
      }
      return .end
    }
    defer { free(line) }
    // Ctrl-C, and at once more keys: what was typed before it is not wanted, and cannot be told
    // from what was typed after it.
    if Interrupt.take() { return .interrupted }
    let text = String(cString: line)
    if !text.isEmpty, text != last {
      add_history(line)
      last = text
      if let history { Self.write(history) }
    }
    return .line(text)
  }

  private static func write(_ history: HistoryFile) {
    let mask = umask(0o077)
    if write_history(history.path) == 0 { chmod(history.path, 0o600) }
    umask(mask)
  }

  private static var isUTF8: Bool {
    nl_langinfo(CInt(CODESET)).map { String(cString: $0) == "UTF-8" } ?? false
  }
}
