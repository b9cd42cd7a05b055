// One model in this process answers one prompt.
//
//     SimpleInference [MODEL]

import Foundation
import Llambo

let path = CommandLine.arguments.dropFirst().first ?? "models/llambo-tiny"

do {
  let model = try Model.load(path)
  let context = try Context(model: model, contextSize: 2048, batchSize: 512)

  var request = InferenceRequest(prompt: "What is AI?", maxTokens: 128)
  request.context = context

  let response = try await infer(request)
  print("Response: \(response.text)")
  print("\(response.tokenCount) tokens in \(response.completionTime), \(response.finishReason)")
} catch {
  FileHandle.standardError.write(Data("SimpleInference: \(error)\n".utf8))
  exit(1)
}
