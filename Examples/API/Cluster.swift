import Llambo

/// A cluster from its start to its end.
public func cluster(_ path: String) async throws -> ClusterStatus {
  let orchestrator = Orchestrator(maxNodes: 100, strategy: .leastLoaded)
  let count = try await orchestrator.spawnCluster(count: 2, modelPath: path)
  let response = try await orchestrator.process("Your prompt", maxTokens: 16)
  print("\(count) nodes; \(response.node) said \(response.text)")

  let status = try await orchestrator.status()
  await orchestrator.shutdownCluster()
  return status
}
