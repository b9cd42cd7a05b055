import Llambo

/// A worker in a process of its own.
public func oneNode(_ path: String) async throws -> InferenceResponse {
  let node = try await ClusterNode.spawn(
    model: path, address: "127.0.0.1:0", type: "tiny", contextSize: 512, slots: 4)
  let response = try await node.submit(InferenceRequest(prompt: "A node is", maxTokens: 16))
  await node.shutdown()
  return response
}

/// Two workers behind a balancer.
public func balance(_ path: String) async throws -> LoadBalancerStats {
  let balancer = try LoadBalancer(strategy: .leastLoaded)
  for name in ["node-1", "node-2"] {
    try await balancer.register(try await ClusterNode.spawn(model: path, name: name))
  }
  for _ in 0..<4 {
    _ = try await balancer.balance(InferenceRequest(prompt: "A node is", maxTokens: 16))
  }
  try await balancer.unregister("node-2")
  return await balancer.stats
}
