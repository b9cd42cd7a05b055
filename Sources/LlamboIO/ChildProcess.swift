import CSystem

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Programs that this process starts.
package enum ChildProcess {
  /// How a child ended, in a person's words.
  package struct Ended: Sendable {
    package let pid: Int
    package let reason: String
    /// With which it ended; nil where a signal ended it, or nobody knows.
    package let status: Int32?
    /// Whether SIGKILL ended it, which no process does to itself by mistake.
    package let wasKilled: Bool
  }

  /// Starts a program with an array of arguments; no shell is involved.
  ///
  /// - Parameters:
  ///   - input: becomes its standard input; nil for an empty one.
  ///   - output: becomes its standard output.
  ///   - errors: becomes its standard error; nil for `output` once more.
  ///   - session: it leads a session of its own, and so outlives a terminal.
  /// - Returns: its process id.
  package static func start(
    _ path: String, _ arguments: [String], input: Int32? = nil, output: Int32,
    errors: Int32? = nil, session: Bool
  ) throws(SystemError) -> Int {
    guard !([path] + arguments).contains(where: { $0.utf8.contains(0) }) else {
      throw SystemError("start \(path)", code: EINVAL, hint: "no argument can hold a zero byte")
    }
    var strings = ([path] + arguments).map { strdup($0) }
    defer { for string in strings { free(string) } }
    strings.append(nil)
    let pid = csystem_spawn(
      path, strings, input ?? CSYSTEM_EMPTY, output, errors ?? output, session)
    guard pid > 0 else { throw SystemError("start \(path)") }
    return Int(pid)
  }

  /// Goes on as another program, which is looked for in PATH.
  ///
  /// - Returns: why it could not.
  package static func become(_ program: String, _ arguments: [String]) -> SystemError {
    var strings = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for string in strings { free(string) } }
    execvp(program, &strings)
    return SystemError("run \(program)")
  }

  /// Takes note of a child that has ended; nil when there is none.
  package static func reap() -> Ended? { reap(-1) }

  /// The same for one child alone, in a program that may have others which are not its concern. One
  /// of which somebody else took note has ended for reasons unknown.
  package static func reap(only pid: Int) -> Ended? {
    if let ended = reap(pid_t(pid)) { return ended }
    guard errno == ECHILD else { return nil }
    return Ended(pid: pid, reason: "its process ended", status: nil, wasKilled: false)
  }

  private static func reap(_ wanted: pid_t) -> Ended? {
    var status: Int32 = 0
    errno = 0
    let pid = retrying { waitpid(wanted, &status, WNOHANG) }
    guard pid > 0 else { return nil }
    let signal = status & 0x7f
    let code = signal == 0 ? status >> 8 & 0xff : nil
    let reason =
      code.map { "its process ended with status \($0)" }
      ?? "its process was ended by \(signalName(signal))"
    return Ended(pid: Int(pid), reason: reason, status: code, wasKilled: signal == SIGKILL)
  }

  package static func kill(_ pid: Int) { _ = Glibc.kill(pid_t(pid), SIGKILL) }

  /// The words that a process was started with (proc(5), cmdline); none where the system does not
  /// tell.
  package static func arguments(of pid: Int) -> [String] {
    let number = open("/proc/\(pid)/cmdline", O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return [] }
    let file = Descriptor(owning: number)
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = max(0, read(file.number, &bytes, bytes.count))
    return bytes[..<count].split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether a process of that id runs: one that has ended and waits for its parent to take note
  /// does not.
  package static func isRunning(_ pid: Int) -> Bool {
    guard Glibc.kill(pid_t(pid), 0) == 0 || errno == EPERM else { return false }
    return processState(pid) != UInt8(ascii: "Z")
  }

  /// The letter that the system shows for a process (proc(5), stat); nil where it does not tell.
  private static func processState(_ pid: Int) -> UInt8? {
    let number = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return nil }
    let file = Descriptor(owning: number)
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = max(0, read(file.number, &bytes, bytes.count))
    // The name before it stands in parentheses and may hold any character.
    guard let name = bytes[..<count].lastIndex(of: UInt8(ascii: ")")), name + 2 < count else {
      return nil
    }
    return bytes[name + 2]
  }

  /// The path of another of the project's programs, which stands beside this one.
  package static func sibling(_ name: String) throws(SystemError) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { throw SystemError("find this program's folder") }
    let own = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = own[..<(own.lastIndex(of: "/") ?? own.startIndex)]
    let path = "\(folder)/\(name)"
    guard access(path, X_OK) == 0 else {
      throw SystemError("find \(path)", hint: "build it with ./deploy.sh compile")
    }
    return path
  }

  private static func signalName(_ signal: Int32) -> String {
    switch signal {
    case SIGKILL: "SIGKILL"
    case SIGTERM: "SIGTERM"
    case SIGSEGV: "SIGSEGV"
    case SIGABRT: "SIGABRT"
    default: "signal \(signal)"
    }
  }
}

/// Allows this process as many descriptors as the system lets it have.
///
/// - Returns: how many that are, where the system tells.
@discardableResult
package func raiseDescriptorLimit() -> Int {
  let limit = csystem_raise_descriptor_limit()
  return limit > 0 ? Int(limit) : .max
}
