import CEdit

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Lines that a person types at a terminal: edited, completed and remembered by libedit.
struct EditedInput: LineInput {
  private let prompt: String
  private let history: String?
  private var last: String?

  /// Most lines that are remembered.
  static let historyLimit: Int32 = 1000

  init(prompt: String, history: String?) {
    self.prompt = prompt
    self.history = history
    // libedit takes typed bytes for characters of the locale.
    if setlocale(LC_CTYPE, "") == nil || !Self.isUTF8 { setlocale(LC_CTYPE, "C.UTF-8") }
    rl_initialize()
    using_history()
    stifle_history(Self.historyLimit)
    cedit_set_completion { text, start, _ in
      guard start == 0, let text else { return nil }
      return rl_completion_matches(text) { text, state in
        let typed = text.map { String(cString: $0) } ?? ""
        let names = SlashCommand.allCases.map(\.rawValue).filter { $0.hasPrefix(typed) }
        return names.indices.contains(Int(state)) ? strdup(names[Int(state)]) : nil
      }
    }
    if let history {
      Self.makeFolder(of: history)
      read_history(history)
    }
  }

  mutating func next() -> InputEvent {
    guard let line = readline(prompt) else {
      if Interrupt.take() {
        print()
        fflush(nil)
        return .interrupted
      }
      return .end
    }
    defer { free(line) }
    let text = String(cString: line)
    if !text.isEmpty, text != last {
      add_history(line)
      last = text
      if let history, write_history(history) == 0 { chmod(history, 0o600) }
    }
    return .line(text)
  }

  private static var isUTF8: Bool {
    nl_langinfo(CInt(CODESET)).map { String(cString: $0) == "UTF-8" } ?? false
  }

  /// Makes the folders that lead to a file, for its owner alone.
  private static func makeFolder(of file: String) {
    var path = ""
    for part in file.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
      path += part + "/"
      mkdir(path, 0o700)
    }
  }
}
