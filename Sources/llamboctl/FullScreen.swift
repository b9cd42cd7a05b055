import LlamboCommand

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A terminal whose screen a program has to itself: keys come one by one, and what was there
/// before comes back at the end.
final class FullScreen {
  enum Input: Equatable {
    case key(Character)
    /// The size changed, or the time is over.
    case nothing
    case end
  }

  private var before = termios()
  private var isShown = false
  nonisolated(unsafe) private static var isAskedToEnd: sig_atomic_t = 0

  /// - Throws: where standard input or output is no terminal.
  init() throws(ControlError) {
    // Such a terminal shows the sequences that move its cursor.
    guard Terminal.movesCursor else {
      throw ControlError(
        "top draws on the whole screen, which a terminal with TERM=dumb or none does not: try "
          + "llamboctl status", .usage)
    }
    guard Program.isTerminal(STDIN_FILENO), Program.isTerminal(STDOUT_FILENO),
      tcgetattr(STDIN_FILENO, &before) == 0
    else {
      throw ControlError(
        "top draws on a terminal, and there is none: try llamboctl status --json", .usage)
    }
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
    // Without SA_RESTART, so that waiting for a key ends.
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in FullScreen.isAskedToEnd = 1 }
    for signal in [SIGTERM, SIGHUP, SIGINT] { sigaction(signal, &action, nil) }
    action.__sigaction_handler.sa_handler = { _ in }
    sigaction(SIGWINCH, &action, nil)
    isShown = true
    _ = Program.put("\u{1b}[?1049h\u{1b}[?25l")
  }

  deinit {
    // Also runs where there was no terminal to begin with.
    guard isShown else { return }
    _ = Program.put("\u{1b}[?25h\u{1b}[?1049l")
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
  }

  /// Columns and lines; 80 by 24 where the terminal does not tell.
  var size: (columns: Int, lines: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Draws lines from the top, and clears the rest; false where nobody reads any more.
  func draw(_ lines: [String]) -> Bool {
    let shown = lines.prefix(size.lines).map { $0 + "\u{1b}[K" }
    return Program.put("\u{1b}[H" + shown.joined(separator: "\r\n") + "\u{1b}[J")
  }

  /// Waits for a key.
  ///
  /// - Parameter timeout: milliseconds.
  func input(within timeout: Int64) -> Input {
    guard Self.isAskedToEnd == 0 else { return .end }
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard poll(&input, 1, Int32(timeout)) > 0 else {
      return Self.isAskedToEnd == 0 ? .nothing : .end
    }
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = read(STDIN_FILENO, &bytes, bytes.count)
    guard count > 0 else { return count < 0 && errno == EINTR ? .nothing : .end }
    return .key(Self.key(bytes[..<count]))
  }

  /// Arrows as the keys that vi has for them; Ctrl-C and Ctrl-D as q.
  private static func key(_ bytes: ArraySlice<UInt8>) -> Character {
    switch Array(bytes) {
    case [0x1b, 0x5b, 0x41]: "k"
    case [0x1b, 0x5b, 0x42]: "j"
    case [0x03], [0x04], [0x1b]: "q"
    default: Character(UnicodeScalar(bytes[bytes.startIndex]))
    }
  }
}
