import Synchronization

/// What a balancer knows of its nodes that never changes, for the strategy that it hands to the core.
final class NodeTraits: Sendable {
  private let traits = Mutex<[String: OwnStrategy.Traits]>([:])

  subscript(name: String) -> OwnStrategy.Traits {
    get { traits.withLock { $0[name] } ?? OwnStrategy.Traits(type: "", contextSize: 0) }
    set { traits.withLock { $0[name] = newValue } }
  }

  func remove(_ name: String) { traits.withLock { $0[name] = nil } }
}
