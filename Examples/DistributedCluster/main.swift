// A cluster of workers answers several prompts.
//
//     DistributedCluster [MODEL [NODES]]

import Foundation
import Llambo

let arguments = CommandLine.arguments.dropFirst()
let path = arguments.first ?? "models/llambo-tiny"
let nodes = arguments.dropFirst().first.flatMap { Int($0) } ?? 3

do {
  let orchestrator = Orchestrator(maxNodes: 1000, strategy: .leastLoaded)
  let count = try await orchestrator.spawnCluster(count: nodes, modelPath: path)
  print("Spawned \(count) nodes")

  let prompts = [
    "Explain machine learning",
    "What is deep learning?",
    "Describe neural networks",
  ]
  for (number, prompt) in prompts.enumerated() {
    let response = try await orchestrator.process(prompt, maxTokens: 64)
    print("Response \(number + 1): \(response.text)")
  }

  print(try await orchestrator.status())
  await orchestrator.shutdownCluster()
} catch {
  FileHandle.standardError.write(Data("DistributedCluster: \(error)\n".utf8))
  exit(1)
}
