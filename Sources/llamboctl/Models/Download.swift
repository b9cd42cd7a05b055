import LlamboCommand
import LlamboIO
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A file fetched by the system's curl, from where an earlier attempt ended.
struct Download {
  /// Milliseconds from one look at how far it is to the next.
  private static let look: Int32 = 100

  let address: String
  let path: String
  private var headers: String { path + ".headers" }

  init(_ address: String, to path: String) {
    self.address = address
    self.path = path
  }

  /// Fetches it whole. What was fetched stays where it does not get that far.
  func run() throws(ControlError) {
    let curl = try Self.curl()
    let had = size
    if had > 0 { Program.log("Going on behind the \(Magnitude.bytes(had)) that are here already.") }
    var result = try fetch(curl)
    if result.status == 33 {
      Program.log("The host gives whole files only: starting anew.")
      unlink(path)
      result = try fetch(curl)
    }
    guard result.status != 0 else { return }
    throw failure(result)
  }

  /// What curl said.
  private struct Result {
    /// Its exit status; -1 where a signal ended it.
    let status: Int
    let message: String
    /// Of the last answer; 0 where there was none.
    let httpStatus: Int
  }

  private func fetch(_ curl: String) throws(ControlError) -> Result {
    defer { unlink(headers) }
    let begun = size
    do throws(SystemError) {
      let output = try Pipe()
      let pid = try ChildProcess.start(
        curl,
        [
          "--silent", "--show-error", "--fail", "--location", "--max-redirs", "10", "--globoff",
          "--proto", "=http,https", "--proto-redir", "=http,https", "--connect-timeout", "30",
          "--speed-limit", "1", "--speed-time", "60", "--continue-at", "-", "--output", path,
          "--dump-header", headers, "--url", address,
        ], output: output.writing.number, session: false)
      let ended = watch(pid, begun: begun)
      let reading = output.keepReading()
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = max(0, read(reading.number, &bytes, bytes.count))
      return Result(
        status: ended.status ?? -1, message: String(decoding: bytes[..<count], as: UTF8.self),
        httpStatus: answer.status)
    } catch {
      throw ControlError(error.description, .osError)
    }
  }

  /// Waits for curl's end, and shows how far it is.
  private func watch(_ pid: Int, begun: UInt64) -> ChildProcess.Ended {
    Interruption.begin()
    var progress = DownloadProgress(begun: begun)
    defer { progress.clear() }
    while true {
      if let ended = ChildProcess.reap(only: pid) { return ended }
      if Interruption.wasAsked { kill(pid_t(pid), SIGTERM) }
      progress.show(size, of: answer.total)
      poll(nil, 0, Self.look)
    }
  }

  private func failure(_ result: Result) -> ControlError {
    let rest =
      size > 0
      ? " \(Magnitude.bytes(size)) are in \(path): the same command goes on behind them." : ""
    if Interruption.wasAsked {
      return ControlError("interrupted.\(rest)", .interrupted)
    }
    let reason: String
    switch (result.status, result.httpStatus) {
    case (3, _): return ControlError("\(address) is no address that can be used", .usage)
    case (22, 416):
      // What is here is as long as the host's file, or longer, and was found to be no whole model.
      unlink(path)
      return ControlError(
        "what an earlier attempt left does not fit what the host has: it is removed, and the same "
          + "command starts anew", .unavailable)
    case (22, 404), (22, 410): reason = "the host has no such file (HTTP \(result.httpStatus))"
    case (22, 401), (22, 403): reason = "the host refuses it (HTTP \(result.httpStatus))"
    case (22, let status): reason = "the host answers with HTTP \(status)"
    case (5, _), (6, _): reason = "the host's name is not known"
    case (7, _): reason = "nothing answers there"
    case (18, _), (56, _), (92, _): reason = "the connection broke before the file was whole"
    case (23, _): reason = "it cannot be written to \(path)"
    case (28, _): reason = "the host does not answer in time"
    case (35, _), (60, _): reason = "no secure connection can be made"
    default: reason = "curl failed"
    }
    // "curl: (7) Failed to connect …"
    let detail = result.message.split(separator: "\n").last.map { " [\($0)]" } ?? ""
    return ControlError("cannot fetch \(address): \(reason).\(rest)\(detail)", .unavailable)
  }

  /// Bytes that are here.
  private var size: UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_size) : 0
  }

  /// What the host says so far: the last answer's status, and the bytes of the whole file.
  private var answer: (status: Int, total: UInt64?) {
    var status = 0
    var total: UInt64?
    for line in Self.lines(of: headers) {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "/" || $0 == "-" })
      if line.hasPrefix("http/") {
        // "http/1.1 206 partial content" or "http/2 200"
        status = words.dropFirst(2).first.flatMap { Int($0) } ?? 0
        total = nil
      } else if line.hasPrefix("content-range:") {
        total = words.last.flatMap { UInt64($0) }
      } else if line.hasPrefix("content-length:"), status == 200 {
        total = words.last.flatMap { UInt64($0) }
      }
    }
    return (status, total)
  }

  private static func lines(of path: String) -> [String] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self).lowercased()
      .split(whereSeparator: \.isNewline).map(String.init)
  }

  /// - Throws: where there is none.
  private static func curl() throws(ControlError) -> String {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    for folder in path.split(separator: ":") where access("\(folder)/curl", X_OK) == 0 {
      return "\(folder)/curl"
    }
    throw ControlError("curl is missing: ./deploy.sh setup installs it", .unavailable)
  }
}

extension ChildProcess.Ended {
  /// The exit status; nil where a signal ended it.
  fileprivate var status: Int? {
    reason.hasPrefix("its process ended with status ")
      ? reason.split(separator: " ").last.flatMap { Int($0) } : nil
  }
}

/// Ctrl-C while something is fetched or copied: what is there stays, and the program says so.
enum Interruption {
  private static let flag = Atomic(false)

  static var wasAsked: Bool { flag.load(ordering: .relaxed) }

  static func begin() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { _ in Interruption.flag.store(true, ordering: .relaxed) }
    }
  }
}

/// How far something is, on a terminal: a bar, a share, a speed and the time that is left.
struct DownloadProgress {
  private static let barWidth = 24

  private var progress = Progress()
  private let begun: UInt64
  private let start = EventLoop.clock()

  init(begun: UInt64) { self.begun = begun }

  mutating func show(_ bytes: UInt64, of total: UInt64?) {
    let seconds = Double(max(1, EventLoop.clock() - start)) / 1000
    let speed = Double(bytes - min(bytes, begun)) / seconds
    var text = Magnitude.bytes(bytes)
    if let total, total > 0 {
      let share = min(1, Double(bytes) / Double(total))
      let filled = Int(share * Double(Self.barWidth))
      let bar =
        String(repeating: "█", count: filled)
        + String(repeating: "░", count: Self.barWidth - filled)
      text = "\(bar) \(Int(share * 100)) % of \(Magnitude.bytes(total))"
    }
    if speed > 0 {
      text += ", \(Magnitude.bytes(UInt64(speed))) a second"
      if let total, total > bytes {
        text += ", \(Terminal.duration(Double(total - bytes) / speed * 1000)) left"
      }
    }
    progress.show(text)
  }

  mutating func clear() { progress.clear() }
}
