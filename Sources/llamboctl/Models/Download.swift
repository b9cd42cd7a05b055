import LlamboCommand
import LlamboIO
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A file fetched from a host, from where an earlier attempt ended.
///
/// curl hands over what comes through a pipe, and only this process writes the file: where it is
/// killed, curl ends as well, and the next attempt is the only one that writes.
struct Download {
  let address: String
  let path: String

  init(_ address: String, to path: String) {
    self.address = address
    self.path = path
  }

  /// Fetches it whole. What was fetched stays where it does not get that far.
  func run() throws(ControlError) {
    let number = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard number >= 0 else { throw unwritable() }
    let file = Descriptor(owning: number)
    defer { if size == 0 { unlink(path) } }
    if size > 0 {
      Program.log("Going on behind the \(Magnitude.bytes(size)) that are here already.")
    }
    var result = try fetch(into: file)
    if result.status == 33 {
      Program.log("The host gives whole files only: starting anew.")
      guard ftruncate(file.number, 0) == 0 else { throw unwritable() }
      result = try fetch(into: file)
    }
    guard result.status == 0 else { throw failure(result) }
    guard result.total == nil || result.total == size else { throw wrongSize(result.total ?? 0) }
  }

  private func fetch(into file: borrowing Descriptor) throws(ControlError) -> CurlTransfer.Result {
    var transfer = try CurlTransfer(address, from: size)
    Interruption.begin()
    var progress = DownloadProgress(begun: size)
    defer { progress.clear() }
    var bytes = [UInt8](repeating: 0, count: 1 << 18)
    while let count = transfer.next(&bytes) {
      if Interruption.wasAsked { transfer.stop() }
      guard write(bytes, count, to: file) else {
        let error = unwritable()
        transfer.stop()
        throw error
      }
      progress.show(size, of: transfer.total)
    }
    return transfer.finish()
  }

  private func write(_ bytes: [UInt8], _ count: Int, to file: borrowing Descriptor) -> Bool {
    let number = file.number
    return bytes.withUnsafeBytes { bytes in
      var rest = bytes[..<count]
      while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let written = Glibc.write(number, part.baseAddress, part.count)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return false }
        rest = rest.dropFirst(written)
      }
      return true
    }
  }

  private func unwritable() -> ControlError {
    let reason = String(cString: strerror(errno))
    return ControlError("cannot write \(path): \(reason).\(rest)", .osError)
  }

  /// What came is of more than one file, or the host's numbers are wrong: nothing can go on behind it.
  private func wrongSize(_ total: UInt64) -> ControlError {
    let came = size
    unlink(path)
    return ControlError(
      "\(address) has \(total) bytes, as the host says, but \(came) are here: they are removed, and "
        + "the same command starts anew", .unavailable)
  }

  private func failure(_ result: CurlTransfer.Result) -> ControlError {
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
    case (28, _): reason = "the host does not answer in time"
    case (35, _), (60, _): reason = "no secure connection can be made"
    default: reason = "curl failed"
    }
    let detail = result.message.map { " [\($0)]" } ?? ""
    return ControlError("cannot fetch \(address): \(reason).\(rest)\(detail)", .unavailable)
  }

  /// How to go on with what is here.
  private var rest: String {
    size > 0
      ? " \(Magnitude.bytes(size)) are in \(path): the same command goes on behind them." : ""
  }

  /// Bytes that are here.
  private var size: UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_size) : 0
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
  /// Milliseconds from one look to the next.
  private static let pause: Int64 = 100

  private var progress = Progress()
  private let begun: UInt64
  private let start = EventLoop.clock()
  private var shown = Int64.min

  init(begun: UInt64) { self.begun = begun }

  mutating func show(_ bytes: UInt64, of total: UInt64?) {
    let now = EventLoop.clock()
    guard shown < now - Self.pause else { return }
    shown = now
    let seconds = Double(max(1, now - start)) / 1000
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
