import LlamboWire

/// Workers outlive their orchestrator. The next one reads who they were, and they dial it.
extension Cluster {
  /// Takes in the nodes of an earlier orchestrator of this cluster, before the first event. A node
  /// with a process may dial within `adoptionTimeout`, and goes on as it is; one that does not is
  /// launched anew. Guests are not restored: they dial by themselves and are guests again.
  package mutating func restore(_ state: ClusterState, at now: Milliseconds) {
    precondition(nodes.isEmpty, "a cluster is restored before it lives")
    adoptableEpoch = lastEpoch
    for node in state.nodes where node.epoch > 0 && placeByID[node.id] == nil {
      lastEpoch = max(lastEpoch, node.epoch)
      guard nodes.count < settings.maxNodes else { break }
      let until = node.pid == nil ? now : now + settings.adoptionTimeout
      let place = insert(
        Node(
          id: node.id, type: node.type, isManaged: true, group: group(of: node.type),
          epoch: node.epoch,
          state: node.pid == nil ? .waiting(until: until) : .unlinked(until: until)))
      nodes[place].pid = node.pid
      nodes[place].isAdopted = node.pid != nil
      if node.pid == nil { launches.insert(node.id, due: until) }
    }
    adoptableEpoch = max(adoptableEpoch, lastEpoch)
  }

  /// Whether a worker is a life of a restored node: the one that was persisted, or one that the
  /// earlier orchestrator launched after it had written its state for the last time.
  func isAdoptable(_ hello: Hello, as node: Node) -> Bool {
    node.isAdopted && node.link == nil && node.linkedSince == nil
      && hello.epoch > node.epoch && hello.epoch <= adoptableEpoch
  }
}
