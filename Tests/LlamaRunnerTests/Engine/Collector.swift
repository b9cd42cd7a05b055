import Foundation
import Synchronization
import Testing

@testable import LlamaRunner

/// Takes an engine's events and lets a test wait for them.
final class Collector: Sendable {
  private struct State {
    var events: [EngineEvent] = []
    var waiter: (done: @Sendable ([EngineEvent]) -> Bool, resume: CheckedContinuation<Void, Never>)?
    var hook: (@Sendable (EngineEvent) -> Void)?
  }

  private let state = Mutex(State())

  /// Is called with every event on the engine's thread, before `wait` returns for it.
  func onEvent(_ hook: @escaping @Sendable (EngineEvent) -> Void) {
    state.withLock { $0.hook = hook }
  }

  func deliver(_ events: [EngineEvent]) {
    let hook = state.withLock { $0.hook }
    if let hook { events.forEach(hook) }
    let resume = state.withLock { state in
      state.events.append(contentsOf: events)
      guard let waiter = state.waiter, waiter.done(state.events) else {
        return nil as CheckedContinuation<Void, Never>?
      }
      state.waiter = nil
      return waiter.resume
    }
    resume?.resume()
  }

  var events: [EngineEvent] { state.withLock { $0.events } }

  func wait(until done: @escaping @Sendable ([EngineEvent]) -> Bool) async {
    await withCheckedContinuation { continuation in
      let already = state.withLock { state in
        if done(state.events) { return true }
        state.waiter = (done, continuation)
        return false
      }
      if already { continuation.resume() }
    }
  }

  /// Waits until so many requests have ended.
  func wait(ends: Int) async {
    await wait { $0.count { $0.isEnd } >= ends }
  }

  /// One request's answer, with its events checked: contiguous indexes from `first`, then one end, then nothing.
  func answer(
    _ request: UInt64, from first: Int = 0, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Answer {
    let events = events.filter { $0.request == request }
    var answer = Answer()
    for (place, event) in events.enumerated() {
      switch event {
      case .token(_, let part):
        #expect(part.index == first + place, sourceLocation: sourceLocation)
        answer.tokens.append(part.token)
        answer.text += part.text
      case .finished(_, let summary):
        #expect(place == events.count - 1, "nothing after the end", sourceLocation: sourceLocation)
        #expect(summary.tokenCount == first + answer.tokens.count, sourceLocation: sourceLocation)
        answer.summary = summary
      case .failed(_, let error):
        #expect(place == events.count - 1, "nothing after the end", sourceLocation: sourceLocation)
        answer.error = error
      }
    }
    let last = try #require(events.last, "no event at all", sourceLocation: sourceLocation)
    #expect(last.isEnd, sourceLocation: sourceLocation)
    return answer
  }

  struct Answer: Equatable {
    var tokens: [Token] = []
    var text = ""
    var summary: GenerationSummary?
    var error: LlamaError?
  }
}

extension EngineEvent {
  var isEnd: Bool {
    if case .token = self { false } else { true }
  }

  var isToken: Bool { !isEnd }
}
