import Synchronization

extension LlamaRunner {
  /// The parts of a stateful answer as they come, computed on a thread of its own. Leaving the
  /// loop, or cancelling the task that runs it, ends the answer.
  ///
  /// The stream throws what `generateStateful` throws.
  public func streamStateful(
    _ text: String, maxTokens: Int? = nil
  ) -> AsyncThrowingStream<String, any Error> {
    let (stream, continuation) = AsyncThrowingStream.makeStream(of: String.self)
    let wanted = Wanted()
    continuation.onTermination = { _ in wanted.flag.store(false, ordering: .relaxed) }
    let thread = Thread(stackSize: 8 << 20) {
      do throws(LlamaError) {
        try self.generateStateful(text, maxTokens: maxTokens) { part in
          if !part.isEmpty { continuation.yield(part) }
          return wanted.flag.load(ordering: .relaxed)
        }
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    if thread == nil {
      continuation.finish(throwing: LlamaError(.contextFailed, "the system makes no thread"))
    }
    return stream
  }
}

/// Whether somebody still reads the stream.
private final class Wanted: Sendable {
  let flag = Atomic(true)
}
