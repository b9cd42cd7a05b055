import LlamaRunner
import LlamboIO

extension Worker {
  /// Milliseconds that peers have to take their last lines.
  private static let farewell: Int64 = 2000
  /// Milliseconds before its requests move in which what was computed of them is saved. What they
  /// generate in that time the next worker computes itself.
  private static let saving: Int64 = 1000

  /// Takes nothing new, finishes what runs, and ends.
  ///
  /// - Parameters:
  ///   - grace: milliseconds after which what still runs is cancelled; nil waits.
  ///   - move: milliseconds after which what still runs goes on elsewhere; nil where it does not.
  func drain(within grace: Int64?, movingAfter move: Int64? = nil) {
    if let grace {
      loop.schedule(after: grace) { [weak self] in
        guard let self else { return }
        for request in running.keys { cancel(request) }
      }
    }
    if isDraining { return }
    isDraining = true
    listener?.stop()
    if handover != nil, let move {
      loop.schedule(after: max(0, move - Self.saving)) { [weak self] in
        guard let self else { return }
        let requests = running.map { (id: $0.key, prompt: $0.value.prompt) }
        handover?.leave(requests.sorted { $0.id < $1.id }[...], of: engine)
      }
    }
    finishDraining()
  }

  func finishDraining() {
    guard isDraining, running.isEmpty else { return }
    link?.giveUp()
    for session in sessions.values { session.connection.closeWhenFlushed() }
    if sessions.isEmpty { return loop.stop() }
    loop.schedule(after: Self.farewell) { [loop] in loop.stop() }
  }

  func cancel(_ request: UInt64) {
    if let early = arriving.removeValue(forKey: request) { submit(early) }
    engine.cancel(request)
  }

  /// Begins the requests whose states were read.
  func beginArrived() {
    for (number, state) in handover?.take() ?? [] {
      // Those that were cancelled meanwhile are gone.
      guard let request = arriving.removeValue(forKey: number) else { continue }
      // Where it does not fit, or no slot is idle, its tokens are computed.
      if let state { try? engine.restoreState(state) { _ in } }
      submit(request)
    }
    finishDraining()
  }

  private func submit(_ request: EngineRequest) {
    do throws(LlamaError) {
      try engine.submit(request)
    } catch {
      fail(request.id, error)
    }
  }
}
