// What programs do with a cluster again and again.
//
//     Patterns [MODEL]

import Foundation
import Llambo

let path = CommandLine.arguments.dropFirst().first ?? "models/llambo-tiny"

do {
  let orchestrator = Orchestrator(maxNodes: 10, strategy: .leastLoaded)
  try await orchestrator.spawnCluster(count: 2, modelPath: path)
  print(try await orchestrator.process("What is a load balancer?", maxTokens: 64).text)

  let questions = ["What is a node?", "What is a cluster?", "What is a token?", "What is a queue?"]
  for (question, answer) in zip(questions, try await parallel(questions, orchestrator)) {
    print("\(question) \(answer.tokenCount) tokens from \(answer.node)")
  }

  let vote = try await voted("A load balancer is", orchestrator)
  let votes = vote.fusion?.answers.map(\.votes) ?? []
  print("Voted:\(vote.text) (votes: \(votes))")
  print("Fused:\(try await fused("A load balancer is", orchestrator))")

  print(await careful(InferenceRequest(prompt: "A slot is", maxTokens: 8), orchestrator))
  print(await careful(InferenceRequest(prompt: "", maxTokens: 8), orchestrator))

  print("First:\(try await firstSentence("What is a load balancer?", orchestrator))")

  await orchestrator.shutdownCluster()
} catch {
  FileHandle.standardError.write(Data("Patterns: \(error)\n".utf8))
  exit(1)
}
