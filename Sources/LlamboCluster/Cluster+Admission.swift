import LlamboWire

extension Cluster {
  /// The node types that a request may run on.
  ///
  /// - Throws: `unknown_type`.
  func types(for submission: Submission) throws(WireError) -> TypeMask {
    guard let type = submission.type else { return strategy.types(for: submission.prompt) }
    guard let group = groupByType[type] else { throw unknownType(type) }
    return TypeMask(only: group)
  }

  /// Makes room for a request in the queue.
  ///
  /// - Throws: why nothing is accepted now.
  mutating func admit(
    _ client: ClientID, on types: TypeMask, at now: Milliseconds,
    _ directives: inout [Directive]
  ) throws(WireError) {
    if isShuttingDown { throw WireError(.draining, "the cluster is shutting down") }
    if nodes.isEmpty {
      throw WireError(
        .noNodes,
        "the cluster has no nodes: start some with llamboctl spawn --count 1 --type TYPE")
    }
    // With nobody waiting there may be a free slot, which is enough where nobody may wait.
    guard waiting.count >= settings.queueLimit,
      waiting.count > 0 || types.intersection(free.available).isEmpty
    else { return }
    throw WireError(
      .queueFull,
      "\(waiting.count) requests wait for a slot, the most that may: try again later")
  }
}
