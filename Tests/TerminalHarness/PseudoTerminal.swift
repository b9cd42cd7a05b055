#if os(Linux)
import Glibc

/// A program as a person has it: on a terminal of its own.
package final class PseudoTerminal {
  /// What a test waited for in vain.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Milliseconds without a word after which a program is stuck; the machine may be busy.
  private static let patience: Int32 = 30_000

  private let master: Int32
  private var child: pid_t = 0
  /// All that was shown, without carriage returns.
  package private(set) var shown = ""
  private var seen = ""

  /// - Parameters:
  ///   - environment: the whole of it, as `NAME=VALUE`.
  ///   - folder: where it is started; the test's own folder if nil.
  ///   - size: of the terminal, in characters.
  package init(
    _ program: String, _ arguments: [String], environment: [String], folder: String? = nil,
    size: (columns: UInt16, rows: UInt16) = (80, 24)
  ) throws(Failure) {
    master = Self.call("posix_openpt", O_RDWR | O_NOCTTY)
    var name = [CChar](repeating: 0, count: 128)
    guard master >= 0, Self.call("grantpt", master) == 0, Self.call("unlockpt", master) == 0,
      Self.call("ptsname_r", master, &name, name.count) == 0
    else { throw Failure(description: "no pseudo-terminal") }
    resize(size)
    // The session's first terminal becomes its controlling one, so that Ctrl-C is a signal.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    let newSession: Int16 = 0x80
    posix_spawnattr_setflags(&attributes, newSession | Int16(POSIX_SPAWN_SETSIGMASK))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    for descriptor in Int32(0)...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, name, O_RDWR, 0)
    }
    // What other tests have open is not for this child.
    for descriptor in Int32(3)..<1024 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    // `env` becomes the program itself, in that folder.
    let place = folder.map { ["-C", $0] } ?? []
    var words = (["env"] + place + [program] + arguments).map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer {
      (words + variables).forEach { free($0) }
      posix_spawnattr_destroy(&attributes)
      posix_spawn_file_actions_destroy(&actions)
    }
    guard posix_spawnp(&child, "env", &actions, &attributes, &words, &variables) == 0 else {
      throw Failure(description: "\(program) was not started")
    }
  }

  deinit {
    // Hangs up: a program that still runs ends.
    close(master)
  }

  /// Gives the terminal another size, in characters, and has its programs told.
  package func resize(_ size: (columns: UInt16, rows: UInt16)) {
    var dimensions = winsize()
    dimensions.ws_col = size.columns
    dimensions.ws_row = size.rows
    _ = ioctl(master, UInt(TIOCSWINSZ), &dimensions)
  }

  package func type(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(master, $0.baseAddress, $0.count) }
  }

  /// Reads until `text` is shown after what was waited for before.
  ///
  /// - Returns: what was shown before it.
  @discardableResult
  package func wait(for text: String) throws(Failure) -> String {
    while true {
      if let place = place(of: text) {
        let before = String(decoding: seen.utf8.prefix(place), as: UTF8.self)
        seen = String(decoding: seen.utf8.dropFirst(place + text.utf8.count), as: UTF8.self)
        return before
      }
      guard read() else {
        throw Failure(description: "waited for \"\(text)\" in vain: \(shown.suffix(2000))")
      }
    }
  }

  /// Types Ctrl-D until the program ends. One that comes between a prompt and the raw mode that
  /// libedit sets after it is lost: the kernel takes it for the end of a line.
  package func finishByEndOfInput() throws(Failure) -> Int32 {
    var isOpen = true
    for _ in 0..<30 where isOpen {
      type("\u{4}")
      while isOpen, isReadable(within: 1000) { isOpen = read() }
    }
    return try finish()
  }

  /// Reads to the program's end.
  ///
  /// - Returns: its exit status; -1 where a signal ended it.
  package func finish() throws(Failure) -> Int32 {
    while read() {}
    // It has ended, or is stuck and is made to.
    kill(child, SIGKILL)
    var status: Int32 = 0
    guard waitpid(child, &status, 0) == child else {
      throw Failure(description: "no child to wait for")
    }
    return status & 0x7f == 0 ? status >> 8 : -1
  }

  /// Where the text begins among the bytes that nobody has waited for yet.
  private func place(of text: String) -> Int? {
    let all = Array(seen.utf8)
    let wanted = Array(text.utf8)
    guard all.count >= wanted.count else { return nil }
    return (0...(all.count - wanted.count)).first { all[$0...].starts(with: wanted) }
  }

  private func isReadable(within milliseconds: Int32) -> Bool {
    var wanted = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    return poll(&wanted, 1, milliseconds) == 1
  }

  /// Shows more; false at the end, or where nothing comes.
  private func read() -> Bool {
    guard isReadable(within: Self.patience) else { return false }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(master, &bytes, bytes.count)
    guard count > 0 else { return false }
    // Carriage return and newline would be one character.
    let carriageReturn = UInt8(ascii: "\r")
    let text = String(decoding: bytes[..<count].filter { $0 != carriageReturn }, as: UTF8.self)
    shown += text
    seen += text
    return true
  }

  // The C library's module leaves these out.

  private static func call(_ name: String, _ argument: Int32) -> Int32 {
    typealias Function = @convention(c) (Int32) -> Int32
    return unsafeBitCast(dlsym(dlopen(nil, RTLD_NOW), name), to: Function.self)(argument)
  }

  private static func call(
    _ name: String, _ argument: Int32, _ bytes: UnsafeMutablePointer<CChar>, _ count: Int
  ) -> Int32 {
    typealias Function = @convention(c) (Int32, UnsafeMutablePointer<CChar>, Int) -> Int32
    return unsafeBitCast(dlsym(dlopen(nil, RTLD_NOW), name), to: Function.self)(
      argument, bytes, count)
  }
}
#endif
