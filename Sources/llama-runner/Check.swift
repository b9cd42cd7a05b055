import LlamaRunner
import LlamboCommand

/// Loads a model and prints what it is and where it differs from its `model.json`.
func check(_ options: RunnerOptions) throws(LlamaError) -> Program.Status {
  let model = try Model(path: options.model, options: options.modelOptions)
  let validation = model.validation()
  var rows = [
    ("file", model.path),
    ("size", "\(model.fileSize) bytes"),
    ("name", model.name),
    ("architecture", validation.architecture),
    ("quantization", validation.quantization),
    ("parameters", "\(validation.parameterCount)"),
    ("context", "\(model.contextLength) tokens, trained for \(validation.contextLength)"),
    ("vocabulary", "\(model.vocabularySize) tokens"),
    ("chat template", model.hasChatTemplate ? "the model's own" : "none: ChatML"),
  ]
  for adapter in options.modelOptions.adapters {
    rows.append(("adapter", "\(adapter.path) × \(adapter.scale)"))
  }
  var text = rows.map { $0.0 + String(repeating: " ", count: 15 - $0.0.count) + $0.1 + "\n" }
    .joined()
  for finding in validation.findings {
    text += "\(finding.isError ? "wrong" : "note"): \(finding)\n"
  }
  if model.metadata == nil { text += "note: there is no model.json to compare with\n" }
  text += validation.isValid ? "The model is valid.\n" : "The model is not what model.json says.\n"
  _ = Program.put(Program.harmless(text))
  return validation.isValid ? .ok : .dataError
}
