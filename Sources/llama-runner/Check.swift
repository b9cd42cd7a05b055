import LlamaRunner
import LlamboCommand

/// Loads a model and prints what it is. One that differs from its `model.json` does not load.
func check(_ options: RunnerOptions) throws(LlamaError) -> Program.Status {
  let model = try Model(path: options.model, options: options.modelOptions)
  _ = try GGUFHeader.readWhole(path: model.path)
  var rows = [
    ("file", model.path),
    ("size", "\(model.fileSize) bytes"),
    ("name", model.name),
    ("architecture", model.architecture),
    ("quantization", model.quantization),
    ("parameters", "\(model.parameterCount)"),
    ("context", "\(model.contextLength) tokens, trained for \(model.trainedContextLength)"),
    ("vocabulary", "\(model.vocabularySize) tokens"),
    ("chat template", model.hasChatTemplate ? "the model's own" : "none: ChatML"),
  ]
  for adapter in options.modelOptions.adapters {
    rows.append(("adapter", "\(adapter.path) × \(adapter.scale)"))
  }
  var text = rows.map { $0.0 + String(repeating: " ", count: 15 - $0.0.count) + $0.1 + "\n" }
    .joined()
  if model.metadata == nil { text += "note: there is no model.json to compare with\n" }
  text += "The model is valid.\n"
  _ = Program.put(Program.harmless(text))
  return .ok
}
