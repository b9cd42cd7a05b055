import Foundation
import LlamboSimulator
import Testing

/// `llambo-sim` as a person calls it.
@Suite struct CommandTests {
  private struct Answer {
    let status: Int32
    let output: String
    let errors: String

    /// What a one-line JSON answer says under a key.
    func value(_ key: String) throws -> NSObject {
      let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
      let members = try #require(object as? [String: NSObject])
      return try #require(members[key], "\(key)")
    }
  }

  private func call(_ arguments: String...) throws -> Answer { try call(arguments) }

  private func call(_ arguments: [String]) throws -> Answer {
    // Products lie side by side, the tests' own bundle among them.
    var folder = try #require(Bundle.main.executableURL).deletingLastPathComponent()
    while !FileManager.default.isExecutableFile(atPath: folder.appending(path: "llambo-sim").path) {
      try #require(folder.path != "/")
      folder = folder.deletingLastPathComponent()
    }
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = folder.appending(path: "llambo-sim")
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaints = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Answer(status: process.terminationStatus, output: text, errors: complaints)
  }

  @Test func manySeedsGiveASpeedAndATableOfFaults() throws {
    let answer = try call("--seeds", "20", "--from", "3", "--jobs", "2")
    #expect(answer.status == 0)
    #expect(answer.output.hasPrefix("20 seeds in "))
    #expect(answer.output.contains("seeds a second"))
    for fault in Fault.allCases { #expect(answer.output.contains(fault.name)) }
  }

  /// Swift's sets and dictionaries have another order in each process; nothing may depend on it.
  @Test func oneSeedGivesOneRunInEveryProcess() throws {
    let first = try call("--seeds", "25", "--json")
    let second = try call("--seeds", "25", "--json", "--jobs", "2")
    #expect(try first.value("hash") == second.value("hash"))
    #expect(try first.value("faults") == second.value("faults"))
    #expect(try first.value("failures") == NSArray())
  }

  @Test func oneSeedShowsItsLogAndItsPicture() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).svg")
    defer { try? FileManager.default.removeItem(at: file) }
    let answer = try call("--seed", "7", "--nodes", "3", "--log", "--svg", file.path)
    #expect(answer.status == 0)
    #expect(answer.output.hasPrefix("0 ms  > started\n"))
    #expect(answer.output.contains("the faults stop"))
    #expect(try String(contentsOf: file, encoding: .utf8).contains("seed 7, 3 nodes"))
  }

  @Test(arguments: [
    ["--svg", "run.svg"], ["--log"], ["--seeds", "0"], ["--seed", "1", "--from", "2"],
  ])
  func wrongUsageIsRefused(arguments: [String]) throws {
    let answer = try call(arguments)
    #expect(answer.status == 64)
    #expect(answer.errors.hasPrefix("llambo-sim: "))
  }

  @Test func aPictureThatCannotBeWrittenIsAnError() throws {
    let answer = try call("--seed", "7", "--svg", "/nowhere/at/all.svg")
    #expect(answer.status == 71)
    #expect(answer.errors.contains("/nowhere/at/all.svg"))
  }
}
