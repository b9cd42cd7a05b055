// A strategy of one's own: long prompts go to large nodes, short ones to tiny nodes.
//
//     CustomLoadBalancer [MODEL]

import Foundation
import Llambo

struct LongToLarge: NodeChoosing {
  func choose(for prompt: PromptSummary, among nodes: [NodeLoad]) -> NodeLoad? {
    let wanted = prompt.length > 1000 ? "large" : "tiny"
    return nodes.filter { $0.type == wanted }.min { $0.load < $1.load }
  }
}

let path = CommandLine.arguments.dropFirst().first ?? "models/llambo-tiny"

do {
  let balancer = try LoadBalancer(strategy: LongToLarge())
  let tiny = try await ClusterNode.spawn(
    model: path, name: "tiny-1", type: "tiny", contextSize: 256)
  let large = try await ClusterNode.spawn(
    model: path, name: "large-1", type: "large", contextSize: 1024)
  try await balancer.register(tiny)
  try await balancer.register(large)

  let short = "What is a node?"
  let long = String(repeating: "A cluster is many nodes that work as one. ", count: 30)
  for prompt in [short, long] {
    let response = try await balancer.balance(InferenceRequest(prompt: prompt, maxTokens: 16))
    print("A prompt of \(prompt.utf8.count) bytes went to \(response.node)")
  }

  try await balancer.unregister("tiny-1")
  print(await balancer.stats)
  await tiny.shutdown()
  await large.shutdown()
} catch {
  FileHandle.standardError.write(Data("CustomLoadBalancer: \(error)\n".utf8))
  exit(1)
}
