import CSystem
import Foundation
import Testing

@testable import LlamboIO

struct ChildProcessTests {
  /// What a program writes, read to its end.
  private func output(_ path: String, _ arguments: [String]) throws -> String {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let reading = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    let pid: Int
    do {
      let writing = Descriptor(owning: ends[1])
      pid = try ChildProcess.start(path, arguments, output: writing.number, session: false)
    }
    let bytes = reading.readDataToEndOfFile()
    var status: Int32 = 0
    waitpid(pid_t(pid), &status, 0)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ["plain"], ["two words"], [""], ["'single'", "\"double\""], ["$(touch /tmp/x)", "`id`"],
    ["$HOME", "*", "~", "a;b", "a|b", "a&b", "a>b"], ["-n", "--flag=x y"], ["é😀", "new\nline"],
    ["\\", "\\n", "%s"],
  ])
  func argumentsArriveAsTheyAre(_ arguments: [String]) throws {
    let expected = arguments.map { "<\($0)>\0" }.joined()
    #expect(try output("/usr/bin/printf", ["<%s>\\0"] + arguments) == expected)
  }

  @Test func standardErrorGoesTheSameWayAndTheInputIsEmpty() throws {
    #expect(try output("/bin/sh", ["-c", "echo out; echo err >&2; cat"]) == "out\nerr\n")
  }

  @Test func theInputIsWhatIsHandedOver() throws {
    let input = try LlamboIO.Pipe()
    let output = try LlamboIO.Pipe()
    let pid = try ChildProcess.start(
      "/bin/cat", [], input: input.reading.number, output: output.writing.number, session: false)
    let writing = input.keepWriting()
    let reading = FileHandle(fileDescriptor: dup(output.reading.number), closeOnDealloc: true)
    #expect(write(writing.number, "word", 4) == 4)
    #expect(reading.readData(ofLength: 4) == Data("word".utf8))
    // The only writing end was in this process, so that closing it ends the child.
    close(consume writing)
    var status: Int32 = -1
    #expect(waitpid(pid_t(pid), &status, 0) == pid_t(pid))
    #expect(status == 0)
  }

  private func close(_ descriptor: consuming Descriptor) {}

  @Test func theInputsEndIsToldOnce() throws {
    let loop = try EventLoop()
    var bytes: [UInt8] = []
    var ends = 0
    let pipe = try LlamboIO.Pipe()
    let number = dup(pipe.writing.number)
    let reader = try InputReader(
      pipe.keepReading(), loop: loop,
      onBytes: { for place in $0.indices { bytes.append($0[place]) } },
      onEnd: {
        ends += 1
        loop.schedule(after: 1) { loop.stop() }
      })
    loop.schedule(after: 0) {
      _ = write(number, "tie", 3)
      _ = Glibc.close(number)
    }
    loop.schedule(after: 20_000) { loop.stop() }
    loop.run()
    reader.stop()
    #expect(bytes == Array("tie".utf8))
    #expect(ends == 1)
  }

  @Test func noDescriptorOfTheParentsIsInherited() throws {
    let socket = Descriptor(owning: csystem_socket_create(AF_INET))
    let wake = Descriptor(owning: csystem_wake_create())
    let folder = TemporaryFolder()
    let lock = try PrivateFile(folder.file("lock")).lock()
    var status = stat()
    fstat(socket.number, &status)
    let open = try output("/bin/ls", ["-l", "/proc/self/fd"])
    #expect(open.contains("/proc/"))
    #expect(!open.contains("socket:[\(status.st_ino)]"))
    #expect(!open.contains("eventfd"))
    #expect(!open.contains(folder.path))
    _ = (wake.number, lock != nil)
  }

  @Test(arguments: ["/bin/echo", "/bin/echo\0x"])
  func aZeroByteIsRefusedAndNotCutOff(_ path: String) {
    let error = #expect(throws: SystemError.self) {
      try ChildProcess.start(path, ["a", "b\0c"], output: STDERR_FILENO, session: false)
    }
    #expect(error?.code == EINVAL)
  }

  @Test func aProgramThatIsNotThereIsNamed() {
    let error = #expect(throws: SystemError.self) {
      try ChildProcess.start("/no/such/program", [], output: STDERR_FILENO, session: false)
    }
    #expect(error?.description == "cannot start /no/such/program: No such file or directory")
  }

  // MARK: Reaping takes any child, so each of these has a process of its own.

  /// Waits for a child to end, and leaves it to be reaped.
  private static func awaitEnd(of pid: Int) {
    var info = siginfo_t()
    waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT)
  }

  private static func reason(_ command: String, kill: Bool = false) -> String? {
    guard
      let pid = try? ChildProcess.start(
        "/bin/sh", ["-c", command], output: STDERR_FILENO, session: true)
    else { return nil }
    if kill { ChildProcess.kill(pid) }
    awaitEnd(of: pid)
    guard let ended = ChildProcess.reap(), ended.pid == pid else { return nil }
    return ended.reason
  }

  @Test func aChildsEndIsToldInWords() async {
    await #expect(processExitsWith: .success) {
      guard Self.reason("exit 0") == "its process ended with status 0",
        Self.reason("exit 3") == "its process ended with status 3",
        Self.reason("exec sleep 100", kill: true) == "its process was ended by SIGKILL",
        Self.reason("kill -TERM $$") == "its process was ended by SIGTERM",
        Self.reason("kill -USR1 $$") == "its process was ended by signal 10"
      else { exit(1) }
    }
  }

  @Test func thereIsNothingToReapWhileAChildRuns() async {
    await #expect(processExitsWith: .success) {
      guard ChildProcess.reap() == nil,
        let pid = try? ChildProcess.start("/bin/sleep", ["100"], output: 2, session: false),
        ChildProcess.reap() == nil, kill(pid_t(pid), 0) == 0
      else { exit(1) }
      ChildProcess.kill(pid)
      Self.awaitEnd(of: pid)
      guard ChildProcess.reap() != nil, ChildProcess.reap() == nil, kill(pid_t(pid), 0) != 0
      else { exit(1) }
    }
  }

  @Test func oneChildIsReapedAndTheOthersAreLeft() async {
    await #expect(processExitsWith: .success) {
      guard let wanted = try? ChildProcess.start("/bin/true", [], output: 2, session: false),
        let other = try? ChildProcess.start("/bin/true", [], output: 2, session: false)
      else { exit(1) }
      Self.awaitEnd(of: wanted)
      Self.awaitEnd(of: other)
      guard ChildProcess.reap(only: wanted)?.reason == "its process ended with status 0",
        ChildProcess.reap()?.pid == other,
        // Somebody else took note of it.
        ChildProcess.reap(only: other)?.reason == "its process ended"
      else { exit(1) }
    }
  }

  @Test func signalsComeThroughTheLoop() async {
    await #expect(processExitsWith: .success) {
      let loop = try EventLoop()
      var signals: [Int32] = []
      try loop.onSignal { signal in
        signals.append(signal)
        if signals.count == 2 { loop.stop() }
      }
      pthread_kill(pthread_self(), SIGHUP)
      pthread_kill(pthread_self(), SIGTERM)
      loop.schedule(after: 20_000) { loop.stop() }
      loop.run()
      guard Set(signals) == [SIGHUP, SIGTERM] else { exit(1) }
    }
  }

  @Test func aChildStartsWithNoSignalBlocked() async {
    await #expect(processExitsWith: .success) {
      let loop = try EventLoop()
      try loop.onSignal { _ in }
      guard Self.reason("kill -TERM $$; exec sleep 100") == "its process was ended by SIGTERM"
      else {
        exit(1)
      }
    }
  }
}
