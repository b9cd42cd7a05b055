import Glibc
import Testing

@testable import LlamboIO

struct PrivateFileTests {
  private let folder = TemporaryFolder()

  private func status(of path: String) -> stat {
    var status = stat()
    lstat(path, &status)
    return status
  }

  private func text(_ bytes: [UInt8]?) -> String? {
    bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let file = PrivateFile(folder.file("state"))
    #expect(try file.read() == nil)
    try file.replace(with: Array("one".utf8))
    #expect(text(try file.read()) == "one")
    let large = [UInt8](repeating: 7, count: 300_000)
    try file.replace(with: large)
    #expect(try file.read() == large)
    try file.replace(with: [])
    #expect(try file.read() == [])
    file.remove()
    #expect(try file.read() == nil)
  }

  @Test func onlyTheUserMayReadIt() throws {
    let file = PrivateFile(folder.file("state"))
    try file.replace(with: [1])
    #expect(status(of: file.path).st_mode & 0o777 == 0o600)
  }

  @Test func aReplacementIsAnotherFileAndLeavesNothingBeside() throws {
    let file = PrivateFile(folder.file("state"))
    try file.replace(with: Array("old".utf8))
    let reader = Descriptor(owning: open(file.path, O_RDONLY | O_CLOEXEC))
    try file.replace(with: Array("new, and longer".utf8))
    var buffer = [UInt8](repeating: 0, count: 100)
    let count = Glibc.read(reader.number, &buffer, buffer.count)
    #expect(text(Array(buffer[..<count])) == "old")
    #expect(folder.names == ["state"])
  }

  @Test func aLeftoverOfAnEarlierAttemptDoesNotMatter() throws {
    let file = PrivateFile(folder.file("state"))
    try PrivateFile("\(file.path).\(getpid())").replace(with: Array("half".utf8))
    try file.replace(with: Array("whole".utf8))
    #expect(text(try file.read()) == "whole")
  }

  @Test func whatCannotBeWrittenIsNamedAsItIsMeant() {
    let path = folder.file("nowhere/state")
    let error = #expect(throws: SystemError.self) { try PrivateFile(path).replace(with: [1]) }
    #expect(error?.description == "cannot write \(path): No such file or directory")
  }

  // MARK: What is refused

  private func expectRefusal(_ path: String, _ code: Int32) {
    let file = PrivateFile(path)
    let read = #expect(throws: SystemError.self) { _ = try file.read() }
    let write = #expect(throws: SystemError.self) { try file.replace(with: [1]) }
    let lock = #expect(throws: SystemError.self) { _ = try file.lock() }
    #expect([read, write, lock].map { $0?.code } == [code, code, code])
    #expect(read?.hint?.contains("regular file of your own") == true)
  }

  @Test func aSymbolicLinkIsRefusedAndItsTargetStays() throws {
    let target = PrivateFile(folder.file("target"))
    try target.replace(with: Array("precious".utf8))
    symlink(target.path, folder.file("link"))
    expectRefusal(folder.file("link"), ELOOP)
    #expect(text(try target.read()) == "precious")
  }

  @Test func aLinkThatLeadsNowhereIsRefused() {
    symlink(folder.file("nothing"), folder.file("link"))
    expectRefusal(folder.file("link"), ELOOP)
    #expect(folder.names == ["link"])
  }

  @Test func aPipeIsRefusedAndNobodyWaits() {
    mkfifo(folder.file("pipe"), 0o600)
    expectRefusal(folder.file("pipe"), ELOOP)
  }

  @Test func aFolderIsRefused() {
    mkdir(folder.file("folder"), 0o700)
    expectRefusal(folder.file("folder"), ELOOP)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can make another user's file"))
  func aFileOfAnotherUserIsRefused() throws {
    let path = folder.file("theirs")
    try PrivateFile(path).replace(with: [1])
    chown(path, 12_345, 12_345)
    expectRefusal(path, EPERM)
  }

  @Test func aFolderThatIsNotThereIsNamed() {
    let file = PrivateFile(folder.file("no/state"))
    let error = #expect(throws: SystemError.self) { try file.replace(with: [1]) }
    #expect(error?.code == ENOENT)
    #expect(error?.description.contains(file.path) == true)
  }

  // MARK: The lock

  private func isLocked(_ file: PrivateFile) throws -> Bool {
    if try file.lock() != nil { false } else { true }
  }

  @Test func aLockIsHeldOnceAndFreeAfterwards() throws {
    let file = PrivateFile(folder.file("lock"))
    do {
      let lock = try file.lock()
      #expect(try isLocked(file))
      _ = lock
    }
    #expect(try !isLocked(file))
  }
}
