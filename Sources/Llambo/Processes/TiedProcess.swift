import LlamboIO

/// A program that this one started and that does not outlive it: its standard input is a pipe whose
/// other end goes with this process, however that ends.
@LoopActor
final class TiedProcess {
  /// Bytes of what it wrote last that are kept, for errors.
  private static let logLimit = 8192
  /// Milliseconds between looks at whether it has ended, when it should.
  private static let look: Int64 = 20

  let pid: Int
  private(set) var ended: ChildProcess.Ended?
  private var tie: Descriptor?
  private var output: InputReader?
  private var log: [UInt8] = []

  /// Starts it.
  ///
  /// - Throws: `launch_failed`.
  init(_ path: String, _ arguments: [String]) throws(LlamboError) {
    do throws(SystemError) {
      let input = try Pipe()
      let output = try Pipe()
      pid = try ChildProcess.start(
        path, arguments + ["--tied"], input: input.reading.number,
        output: output.writing.number, session: true)
      tie = input.keepWriting()
      self.output = try InputReader(
        output.keepReading(), loop: LoopActor.loop, onBytes: { [weak self] in self?.append($0) },
        onEnd: {})
    } catch {
      throw LlamboError(error, .launchFailed)
    }
  }

  private func append(_ bytes: Span<UInt8>) {
    for place in bytes.indices { log.append(bytes[place]) }
    if log.count > 2 * Self.logLimit { log.removeFirst(log.count - Self.logLimit) }
  }

  /// What it wrote of late.
  var logLines: [String] {
    String(decoding: log.suffix(Self.logLimit), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  var isRunning: Bool {
    if ended == nil { ended = ChildProcess.reap(only: pid) }
    return ended == nil
  }

  /// `launch_failed`, with the last lines that it wrote.
  func failure(_ what: String) async -> LlamboError {
    // What it wrote is in the pipe by its end, and may not have been read yet.
    await LoopActor.pause(Self.look)
    let reason = ended.map { ": \($0.reason)" } ?? ""
    let lines = logLines.suffix(5).map { "\n  \($0)" }.joined()
    return LlamboError(.launchFailed, what + reason + lines)
  }

  /// Lets it end by itself, and kills it where it has not after some milliseconds. What holds this
  /// value need not be there any more.
  func letGo(within grace: Int64 = 10_000) {
    tie = nil
    let deadline = EventLoop.clock() + grace
    LoopActor.loop.schedule(every: Self.look) { [self] in
      guard isRunning else {
        output?.stop()
        return false
      }
      if EventLoop.clock() > deadline { ChildProcess.kill(pid) }
      return true
    }
  }

  /// Waits for its end, and kills it where it does not end within some milliseconds.
  func waitForEnd(within limit: Int64) async {
    let deadline = EventLoop.clock() + limit
    tie = nil
    while isRunning {
      if EventLoop.clock() > deadline { ChildProcess.kill(pid) }
      await LoopActor.pause(Self.look)
    }
    output?.stop()
  }
}
