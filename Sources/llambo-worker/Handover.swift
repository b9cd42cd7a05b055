import LlamaRunner
import LlamboIO
import Synchronization

/// Carries what workers of one machine have computed for a request from one that drains to the one
/// that goes on with it: files in a folder that they share.
///
/// A file that is missing, damaged or of another model costs the next worker the time to compute
/// the tokens itself, and nothing else.
final class Handover: Sendable {
  /// Prompts shorter than this are computed as quickly as a file is looked for.
  static let leastTokens = 64
  /// Bytes that the folder holds at most, whoever wrote them; beyond, states are not saved.
  static let byteLimit = 1 << 30
  /// Seconds after which nobody will come for a file any more.
  static let staleAfter = 300
  private static let stackSize = 256 << 10

  private let folder: PrivateFolder
  private let loaded = Mutex<[(request: UInt64, state: SequenceState?)]>([])
  private let waker = Mutex<Waker?>(nil)

  /// - Parameter ready: called on the loop when `take` has something.
  init(_ path: String, loop: EventLoop, ready: @escaping () -> Void) throws(SystemError) {
    folder = try PrivateFolder(path)
    let waker = try loop.makeWaker(ready)
    self.waker.withLock { $0 = waker }
  }

  /// Whether somebody may have left what was computed of this prompt.
  func mayHave(_ prompt: [Token]) -> Bool {
    prompt.count >= Self.leastTokens && file(of: prompt).exists
  }

  /// Reads what was left of a prompt, on a thread of its own; `take` then has it. Who reads it
  /// removes it.
  func load(_ prompt: [Token], for request: UInt64) {
    let file = file(of: prompt)
    work { [self] in
      var state: SequenceState?
      if let bytes = try? file.read() {
        file.remove()
        state = try? SequenceState(bytes: bytes)
      }
      loaded.withLock { $0.append((request, state)) }
      waker.withLock { $0?.wake() }
    }
  }

  /// What was read since the last call; the state is nil where there was none that could be read.
  func take() -> [(request: UInt64, state: SequenceState?)] {
    loaded.withLock { loaded in
      defer { loaded = [] }
      return loaded
    }
  }

  /// Leaves what an engine has computed of requests, one after the other, where somebody else would
  /// take longer to compute it. The engine's thread saves, one of its own writes.
  func leave(_ requests: ArraySlice<(id: UInt64, prompt: [Token])>, of engine: Engine) {
    guard let (id, prompt) = requests.first else { return }
    let rest = requests.dropFirst()
    try? engine.handOver(id) { [self] result in
      guard case .success(let state?) = result, prompt.count >= Self.leastTokens else {
        return leave(rest, of: engine)
      }
      work { [self] in
        folder.removeFiles(olderThan: Self.staleAfter)
        if folder.byteCount + state.byteCount <= Self.byteLimit {
          // Without it the next worker computes: not worth an error.
          try? file(of: prompt).replace(with: state.serialize())
        }
        leave(rest, of: engine)
      }
    }
  }

  /// Removes what nobody came for.
  func forget(_ prompt: [Token]) { file(of: prompt).remove() }

  private func work(_ body: @escaping @Sendable () -> Void) {
    guard let thread = Thread(stackSize: Self.stackSize, body) else {
      // The system makes no thread: the caller waits.
      return body()
    }
    _ = consume thread
  }

  private func file(of prompt: [Token]) -> PrivateFile {
    // FNV-1a. Prompts that share a name cost time only: the tokens are compared before they count.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for token in prompt {
      hash = (hash ^ UInt64(UInt32(bitPattern: token))) &* 0x100_0000_01b3
    }
    return folder.file(String(hash, radix: 16) + ".cells")
  }
}
