import LlamboCommand
import LlamboIO

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The system's curl at work on one file, whose bytes it hands over as they come.
///
/// It writes nothing itself, so that nothing is written any more where this process has ended; curl
/// ends then with the next bytes that come, for which nobody is left.
struct CurlTransfer: ~Copyable {
  /// How it ended.
  struct Result {
    /// curl's exit status; -1 where a signal ended it.
    let status: Int
    /// "curl: (7) Failed to connect …"; nil where it complains of nothing.
    let message: String?
    /// Of the last answer; 0 where there was none.
    let httpStatus: Int
    /// Bytes of the whole file, where the host says so.
    let total: UInt64?
  }

  /// Milliseconds that `next` waits for bytes.
  private static let patience: Int32 = 100
  /// Bytes that are kept of the answers' heads and of curl's complaints.
  private static let saidLimit = 1 << 20

  private let pid: Int
  private let body: Descriptor
  private let messages: Descriptor
  private var isBodyOpen = true
  private var areMessagesOpen = true
  /// The heads of the answers so far, one for each redirection, and what curl complains of.
  private var said: [UInt8] = []

  /// - Parameter start: the bytes of the file that are here already, and are not fetched again.
  init(_ address: String, from start: UInt64) throws(ControlError) {
    let curl = try Self.curl()
    do throws(SystemError) {
      let body = try Pipe()
      let messages = try Pipe()
      pid = try ChildProcess.start(
        curl,
        [
          "--silent", "--show-error", "--fail", "--location", "--max-redirs", "10", "--globoff",
          "--proto", "=http,https", "--proto-redir", "=http,https", "--connect-timeout", "30",
          "--speed-limit", "1", "--speed-time", "60", "--continue-at", "\(start)",
          "--no-buffer", "--dump-header", "/dev/stderr", "--url", address,
        ], output: body.writing.number, errors: messages.writing.number, session: false)
      self.body = body.keepReading()
      self.messages = messages.keepReading()
    } catch {
      throw ControlError(error.description, .osError)
    }
  }

  /// Waits for bytes of the file, but not long.
  ///
  /// - Returns: how many there are now at the beginning of `bytes`, 0 for none yet; nil behind the
  ///   last ones.
  mutating func next(_ bytes: inout [UInt8]) -> Int? {
    guard isBodyOpen || areMessagesOpen else { return nil }
    var looks = [
      pollfd(fd: isBodyOpen ? body.number : -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: areMessagesOpen ? messages.number : -1, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&looks, 2, Self.patience) > 0 else { return 0 }
    if looks[1].revents != 0 {
      var part = [UInt8](repeating: 0, count: 1 << 14)
      let count = read(messages.number, &part, part.count)
      areMessagesOpen = count > 0
      if said.count < Self.saidLimit { said += part[..<max(0, count)] }
    }
    guard looks[0].revents != 0 else { return 0 }
    let count = read(body.number, &bytes, bytes.count)
    isBodyOpen = count > 0
    return max(0, count)
  }

  /// Has curl end, whatever came.
  func stop() { kill(pid_t(pid), SIGTERM) }

  /// Waits for curl's end.
  consuming func finish() -> Result {
    while true {
      if let ended = ChildProcess.reap(only: pid) {
        let answer = self.answer
        return Result(
          status: ended.status ?? -1,
          message: String(decoding: said, as: UTF8.self).split(whereSeparator: \.isNewline)
            .last { $0.hasPrefix("curl: ") }.map(String.init),
          httpStatus: answer.status, total: answer.total)
      }
      poll(nil, 0, 10)
    }
  }

  /// Bytes of the whole file, where the host says so.
  var total: UInt64? { answer.total }

  /// What the host says so far: the last answer's status, and the bytes of the whole file.
  private var answer: (status: Int, total: UInt64?) {
    var status = 0
    var total: UInt64?
    let text = String(decoding: said, as: UTF8.self).lowercased()
    for line in text.split(whereSeparator: \.isNewline) {
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
