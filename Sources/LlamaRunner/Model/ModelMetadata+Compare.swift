extension ModelMetadata {
  /// Checks that the description says nothing that its GGUF file contradicts.
  ///
  /// A field that is absent is not compared. What is compared:
  /// - `architecture`: llama.cpp's word, or the family's ("qwen" for "qwen2"), or a family that
  ///   shares another's architecture ("mistral", "vicuna" for "llama").
  /// - `quantization`: the name of the file's type, whatever its case and punctuation.
  /// - `context_length`: at most what the model was trained for.
  /// - `parameters`: the number in "1.8B", "8x7B" or "30B-A3B", at most twice or half as many.
  ///
  /// - Throws: `metadata_invalid`, naming what both say.
  public func compare(with header: GGUFHeader) throws(LlamaError) {
    try compare(with: header, parameterCount: header.partCount == 1 ? header.parameterCount : nil)
  }

  func compare(with header: GGUFHeader, parameterCount: UInt64?) throws(LlamaError) {
    if let architecture, !ModelFamily.matches(architecture, header.architecture) {
      throw contradiction("architecture", "\"\(architecture)\"", "\"\(header.architecture)\"")
    }
    if let quantization, let found = header.quantization,
      !Quantization.same(quantization, found, family: header.isQuantizationGuessed)
    {
      throw contradiction("quantization", "\"\(quantization)\"", "\"\(found)\"")
    }
    if let contextLength, let trained = header.contextLength, contextLength > trained {
      throw contradiction("context_length", "\(contextLength)", "at most \(trained)")
    }
    if let parameters, let parameterCount, let said = Self.number(of: parameters) {
      let ratio = said / Double(max(parameterCount, 1))
      guard (0.5...2).contains(ratio) else {
        throw contradiction("parameters", "\"\(parameters)\"", "\(parameterCount)")
      }
    }
  }

  private func contradiction(_ field: String, _ said: String, _ found: String) -> LlamaError {
    LlamaError(
      .metadataInvalid,
      "the description of \(name) says that \"\(field)\" is \(said), but \(modelPath) has \(found)")
  }

  /// The number in "494M", "1.8B", "8x7B" or "30B-A3B"; nil where the text begins with no such.
  static func number(of text: String) -> Double? {
    var rest = Substring(text.lowercased().filter { $0 != " " && $0 != "_" })
    func digits() -> Double? {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      return Double(digits)
    }
    guard var number = digits() else { return nil }
    if rest.first == "x" {
      rest = rest.dropFirst()
      guard let each = digits() else { return nil }
      number *= each
    }
    let units: [Character: Double] = ["k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12]
    guard let letter = rest.first else { return number }
    guard let unit = units[letter] else { return nil }
    return number * unit
  }
}

/// Families of models, and the architectures by which llama.cpp knows them.
enum ModelFamily {
  /// Families whose models are llama.cpp's "llama".
  private static let llama: Set<String> = [
    "alpaca", "codellama", "deepseek", "granite", "guanaco", "koala", "mistral", "mixtral",
    "orca", "smollm", "solar", "tinyllama", "vicuna", "wizardlm", "yi", "zephyr",
  ]

  /// Whether a model of the family `said` can have the architecture `found`.
  static func matches(_ said: String, _ found: String) -> Bool {
    let said = plain(said)
    let found = plain(found)
    if said == found || extends(found, said) || extends(said, found) { return true }
    let family = String(said.prefix { !$0.isNumber })
    return found == "llama" && (llama.contains(family) || family.hasSuffix("llama"))
  }

  /// Whether `long` is `short` and a version or a variant: "qwen2moe" and "qwen".
  private static func extends(_ long: String, _ short: String) -> Bool {
    guard !short.isEmpty, long.hasPrefix(short) else { return false }
    let rest = long.dropFirst(short.count)
    return rest.first?.isNumber == true || rest.hasPrefix("moe") || rest.hasPrefix("vl")
  }

  private static func plain(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }
}
