import Foundation
import Llambo
import Testing

/// Real processes and the shipped model; one test at a time, for the machine is small.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LlamboTests {}

enum Place {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let model = root.appending(path: "models/llambo-tiny").path

  /// The folder of the programs that this build made, which is the test program's own.
  static let programs =
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    .map { URL(filePath: $0).deletingLastPathComponent().path } ?? ""
}

/// Something that a test waited for and that did not come to be.
struct NeverHappened: Error {
  let what: String
}

/// Looks again and again until `condition` holds; the deadline is generous, and nothing is concluded
/// from it.
func until(
  _ what: String, _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + .seconds(60)
  while try await !condition() {
    guard ContinuousClock.now < deadline else { throw NeverHappened(what: what) }
    try await Task.sleep(for: .milliseconds(10))
  }
}

/// Whether a process of that number runs.
func runs(_ pid: Int) -> Bool {
  guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
    return false
  }
  // The state stands behind the name, which is in parentheses.
  return text.split(separator: ")").last?.split(separator: " ").first != "Z"
}

/// Records an issue unless `body` throws an error of that kind.
func fails(
  with code: LlamboError.Code, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async {
  do {
    try await body()
    Issue.record("no error, where \(code.name) was expected", sourceLocation: sourceLocation)
  } catch {
    #expect((error as? LlamboError)?.code == code, "\(error)", sourceLocation: sourceLocation)
  }
}

/// The shipped model with no end to its answers, so that one is certainly under way.
extension InferenceRequest {
  static func endless(_ prompt: String = "A cluster is") -> InferenceRequest {
    var request = InferenceRequest(prompt: prompt, maxTokens: 100_000, temperature: 0)
    request.ignoreEOS = true
    return request
  }

  static func greedy(_ prompt: String, maxTokens: Int = 16) -> InferenceRequest {
    InferenceRequest(prompt: prompt, maxTokens: maxTokens, temperature: 0)
  }
}
