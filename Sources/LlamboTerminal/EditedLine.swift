import CEdit
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How libedit comes by its characters, and what it shows when the terminal's size changes. Of
/// itself it goes on drawing for the old size.
enum EditedLine {
  private static let isResized = Atomic(false)
  /// No character of the line was read yet.
  private static let isFresh = Atomic(false)
  /// Columns of the prompt.
  private static let margin = Atomic(0)
  /// Ctrl-^, which means nothing else. A command that a key is bound to is told where the cursor is.
  private static let redrawKey: Int32 = 0x1e

  static func prepare(prompt: String) {
    // What stands between the bytes 1 and 2 takes no room.
    var isShown = true
    var columns = 0
    for scalar in prompt.unicodeScalars {
      if scalar.value == 1 { isShown = false }
      if isShown { columns += Self.columns(of: scalar) }
      if scalar.value == 2 { isShown = true }
    }
    margin.store(columns, ordering: .relaxed)
    cedit_set_reader { _ in EditedLine.next() }
  }

  static func bind() { rl_add_defun("llambo-redraw", { _, _ in EditedLine.redraw() }, redrawKey) }

  /// A line, which the caller frees; nil at the end of the input, or where a signal ends the wait.
  static func read(_ prompt: String) -> UnsafeMutablePointer<CChar>? {
    rl_resize_terminal()
    isResized.store(false, ordering: .relaxed)
    isFresh.store(true, ordering: .relaxed)
    // For now only: elsewhere the signal would end waits that have nothing to do with it.
    noteResizes { _ in EditedLine.isResized.store(true, ordering: .relaxed) }
    defer { noteResizes(SIG_DFL) }
    return readline(prompt)
  }

  private static func noteResizes(_ handler: (@convention(c) (Int32) -> Void)?) {
    var action = sigaction()
    #if canImport(Glibc)
    action.__sigaction_handler.sa_handler = handler
    #else
    action.__sigaction_u.__sa_handler = handler
    #endif
    sigaction(SIGWINCH, &action, nil)
  }

  // MARK: Characters

  /// The next character, or the key that has the line drawn anew; -1 at the end of the input, or
  /// after Ctrl-C.
  private static func next() -> Int32 {
    // Ctrl-D that was typed between the prompt and the mode in which libedit reads keys: the kernel
    // took it for the end of a line, and hands it over as 0.
    let endsInput = isFresh.exchange(false, ordering: .relaxed) && isReadable
    var bytes: [UInt8] = []
    while true {
      if bytes.isEmpty, isResized.exchange(false, ordering: .relaxed) { return redrawKey }
      if Interrupt.isWanted { return -1 }
      var byte: UInt8 = 0
      let count = byteRead(&byte)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { return -1 }
      if byte == 0, endsInput { return 0x04 }
      bytes.append(byte)
      if let scalar = decoded(bytes) { return Int32(scalar.value) }
    }
  }

  private static var isReadable: Bool {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&input, 1, 0) == 1
  }

  private static func byteRead(_ byte: inout UInt8) -> Int {
    #if canImport(Glibc)
    Glibc.read(STDIN_FILENO, &byte, 1)
    #else
    Darwin.read(STDIN_FILENO, &byte, 1)
    #endif
  }

  /// The character that these bytes are in UTF-8; nil where more must come.
  private static func decoded(_ bytes: [UInt8]) -> Unicode.Scalar? {
    let length =
      switch bytes[0] {
      case 0xc2...0xdf: 2
      case 0xe0...0xef: 3
      case 0xf0...0xf4: 4
      default: 1
      }
    let isGoingOn = bytes.dropFirst().allSatisfy { $0 & 0xc0 == 0x80 }
    if isGoingOn, bytes.count < length { return nil }
    return String(decoding: bytes, as: UTF8.self).unicodeScalars.first
  }

  // MARK: Drawing

  /// Draws the prompt and the line anew in the terminal's size of now.
  private static func redraw() -> Int32 {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      // A terminal breaks a line that it had broken anew, so that its rows are counted by the new
      // size.
      let before = String(cString: cedit_line()).utf8.prefix(Int(cedit_point()))
      let columns = String(decoding: before, as: UTF8.self).unicodeScalars
        .reduce(margin.load(ordering: .relaxed)) { $0 + Self.columns(of: $1) }
      let above = columns / Int(size.ws_col)
      print("\r" + (above > 0 ? "\u{1b}[\(above)A" : "") + "\u{1b}[J", terminator: "")
      fflush(nil)
    }
    rl_resize_terminal()
    rl_forced_update_display()
    return 0
  }

  private static func columns(of scalar: Unicode.Scalar) -> Int {
    max(0, Int(cedit_columns(wchar_t(scalar.value))))
  }
}
