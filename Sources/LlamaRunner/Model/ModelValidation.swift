/// What a look at a model's file found against its `model.json`.
public struct ModelValidation: Sendable, Equatable {
  /// One thing that `model.json` says and the file says otherwise.
  public struct Finding: Sendable, Equatable {
    /// The field of `model.json`.
    public enum Field: String, Sendable, CaseIterable {
      /// The family.
      case architecture
      /// The number of weights.
      case parameters
      /// How the weights are stored.
      case quantization
      /// Tokens of prompt and answer.
      case contextLength = "context_length"
    }

    /// The field of `model.json`.
    public var field: Field
    /// What it says.
    public var stated: String
    /// What the file says.
    public var actual: String
    /// Whether the description is of another model, rather than inexact.
    public var isError: Bool
  }

  /// The GGUF file.
  public var path: String
  /// The file's own architecture.
  public var architecture: String
  /// The file's own quantization.
  public var quantization: String
  /// Number of weights.
  public var parameterCount: UInt64
  /// Tokens that the model was trained for.
  public var contextLength: Int
  /// Where the description is not what the file is, in the order of its fields.
  public var findings: [Finding]

  /// Whether no finding is an error.
  public var isValid: Bool { !findings.contains(where: \.isError) }
}

extension ModelValidation.Finding: CustomStringConvertible {
  /// One sentence.
  public var description: String {
    "model.json says \(field.rawValue) \(stated), the file says \(actual)"
  }
}

/// Reads a `model.json`, or the one in a folder, and finds its GGUF file.
///
/// - Throws: what `ModelMetadata.load` throws.
public func loadModel(_ path: String) throws(LlamaError) -> ModelMetadata {
  try ModelMetadata.load(from: path)
}

/// Loads the file that a `model.json` names, and compares the two.
///
/// - Throws: what `Model.init` throws where the file is no model that llama.cpp loads.
public func validateModel(_ metadata: ModelMetadata) throws(LlamaError) -> ModelValidation {
  try Model(path: metadata.modelPath).validation(of: metadata)
}

extension Model {
  /// Compares the file with a description; nil for the one it was loaded by. Without any there is
  /// nothing to find.
  public func validation(of metadata: ModelMetadata? = nil) -> ModelValidation {
    var validation = ModelValidation(
      path: path, architecture: architecture, quantization: quantization,
      parameterCount: parameterCount, contextLength: trainedContextLength, findings: [])
    guard let metadata = metadata ?? self.metadata else { return validation }
    func find(
      _ field: ModelValidation.Finding.Field, _ stated: String, _ actual: String, isError: Bool
    ) {
      validation.findings.append(
        .init(field: field, stated: stated, actual: actual, isError: isError))
    }
    if let stated = metadata.architecture, !isFamily(stated, of: architecture) {
      find(.architecture, stated, architecture, isError: true)
    }
    if let stated = metadata.parameters, let count = parameterNumber(stated),
      // Names round, and some leave embeddings out.
      !(0.7...1.3).contains(Double(parameterCount) / count)
    {
      find(.parameters, stated, "\(parameterCount)", isError: false)
    }
    if let stated = metadata.quantization,
      quantizationName(stated) != quantizationName(quantization)
    {
      find(.quantization, stated, quantization, isError: true)
    }
    if let stated = metadata.contextLength, stated > trainedContextLength {
      find(.contextLength, "\(stated)", "\(trainedContextLength)", isError: false)
    }
    return validation
  }
}

/// Families that people name otherwise than llama.cpp, which runs them as this architecture.
private let families = ["mistral", "codellama", "vicuna", "alpaca", "tinyllama", "smollm"]

/// "qwen" is the family of "qwen2"; "Mistral" of "llama".
func isFamily(_ stated: String, of architecture: String) -> Bool {
  let stated = stated.lowercased().filter { $0.isLetter || $0.isNumber }
  let actual = architecture.lowercased().filter { $0.isLetter || $0.isNumber }
  if stated.isEmpty { return false }
  if actual == "llama", families.contains(where: stated.hasPrefix) { return true }
  return actual.hasPrefix(stated) || stated.hasPrefix(actual)
}

/// "Q4_K - Medium" is Q4_K_M, "all F32" is F32, and case does not count.
func quantizationName(_ name: String) -> String {
  var name = name.uppercased()
  for prefix in ["(GUESSED) ", "ALL "] where name.hasPrefix(prefix) {
    name.removeFirst(prefix.count)
  }
  let parts = name.split(separator: " ", omittingEmptySubsequences: true)
  guard let base = parts.first else { return "" }
  switch parts.last {
  case "SMALL": return base + "_S"
  case "MEDIUM": return base == "Q2_K" ? String(base) : base + "_M"
  case "LARGE": return base + "_L"
  default: return String(base)
  }
}

/// The number that "1.8B" or "700M" stands for; nil where it is none, as in "8x7B".
func parameterNumber(_ text: String) -> Double? {
  let units: [Character: Double] = ["K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12]
  var digits = text.uppercased().filter { $0 != " " }
  guard let last = digits.last else { return nil }
  var product = 1.0
  if let unit = units[last] {
    product = unit
    digits.removeLast()
  }
  guard let number = Double(digits), number > 0, number.isFinite else { return nil }
  return number * product
}
