import Foundation
import Testing

/// The program under test and the model it runs.
enum Runner {
  static let model = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "models/llambo-tiny").path

  static var program: URL {
    get throws {
      // Products lie side by side, the tests' own bundle among them.
      var folder = try #require(Bundle.main.executableURL).deletingLastPathComponent()
      while folder.path != "/" {
        let program = folder.appending(path: "llama-runner")
        if FileManager.default.isExecutableFile(atPath: program.path) { return program }
        folder = folder.deletingLastPathComponent()
      }
      throw CocoaError(.fileNoSuchFile)
    }
  }
}

/// The program with pipes for its standard streams.
final class PipedRunner {
  private let process = Process()
  private let input = Pipe()
  let output = Pipe()
  private let errors = Pipe()

  /// - Parameter elsewhere: where its output goes instead of the pipe.
  init(
    _ arguments: [String], environment: [String: String] = [:], output elsewhere: FileHandle? = nil
  ) throws {
    // A program that has ended before it read all is an error of the write, not the tests' end.
    signal(SIGPIPE, SIG_IGN)
    process.executableURL = try Runner.program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input
    process.standardOutput = elsewhere ?? output
    process.standardError = errors
    try process.run()
  }

  func write(_ data: Data) throws { try input.fileHandleForWriting.write(contentsOf: data) }
  func endInput() throws { try input.fileHandleForWriting.close() }
  func interrupt() { process.interrupt() }
  /// Once it has ended.
  var status: Int32 { process.terminationStatus }

  struct Result {
    var output: String
    var errors: String
    var status: Int32
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Reads the errors to their end, which is the program's.
  func finishErrors() throws -> String {
    let errors = try self.errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: errors, as: UTF8.self)
  }

  /// Reads on to the end.
  func finish() throws -> Result {
    let output = try self.output.fileHandleForReading.readToEnd() ?? Data()
    let errors = try self.errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Result(
      output: String(decoding: output, as: UTF8.self),
      errors: String(decoding: errors, as: UTF8.self), status: process.terminationStatus)
  }
}

/// Runs the program with that standard input to its end.
func run(
  _ arguments: [String], input: String = "", environment: [String: String] = [:]
) throws -> PipedRunner.Result {
  let runner = try PipedRunner(arguments, environment: environment)
  // A program that ends at once may not read any more.
  try? runner.write(Data(input.utf8))
  try runner.endInput()
  return try runner.finish()
}

/// A folder for one test, removed with it.
final class Scratch {
  let path = FileManager.default.temporaryDirectory.appending(path: "llambo-\(UUID().uuidString)")
    .path

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws -> String {
    let file = path + "/" + name
    try Data(text.utf8).write(to: URL(filePath: file))
    return file
  }
}
