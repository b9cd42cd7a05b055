import LlamboJSON

/// What a `model.json` says about a model.
public struct ModelMetadata: Sendable, Equatable {
  /// The model's name for people.
  public var name: String
  /// The GGUF file as written: absolute, relative to the folder of `model.json`, or, where no
  /// file is there, relative to the working directory.
  public var path: String
  /// The family, such as "llama" or "qwen".
  public var architecture: String?
  /// The number of parameters for people, such as "1.8B".
  public var parameters: String?
  /// The weights' quantization, such as "Q4_K_M".
  public var quantization: String?
  /// Tokens of prompt and answer that the model is meant for; at least 1.
  public var contextLength: Int?
  /// What the model is good for.
  public var description: String?
  /// Where the GGUF file was found.
  public var modelPath: String

  /// Most bytes of a `model.json`.
  public static let sizeLimit = 1 << 20

  /// Reads a `model.json`, or the one in a folder, and finds its GGUF file.
  ///
  /// - Throws: `model_not_found` where the description or the file that it names is missing,
  ///   `metadata_invalid` where it is not JSON, lacks `name` or `path`, or has a field that is
  ///   unknown or of the wrong type.
  public static func load(from path: String) throws(LlamaError) -> ModelMetadata {
    let file: String
    switch Files.kind(path) {
    case nil: throw LlamaError(.modelNotFound, "\(path): \(Files.lastError)")
    case .file: file = path
    case .folder: file = path + "/model.json"
    case .other: throw LlamaError(.modelNotFound, "\(path) is no regular file")
    }
    switch Files.kind(file) {
    case .file(let size):
      guard size <= UInt64(sizeLimit) else {
        throw invalid(file, "has \(size) bytes, more than \(sizeLimit)")
      }
    case nil: throw LlamaError(.modelNotFound, "the folder \(path) holds no model.json")
    default: throw LlamaError(.modelNotFound, "\(file) is no regular file")
    }
    guard let bytes = Files.read(file, limit: sizeLimit) else {
      throw LlamaError(.modelNotFound, "\(file): \(Files.lastError)")
    }
    return try read(bytes: bytes, file: file)
  }

  /// The description whose text the bytes are, read from `file`.
  static func read(bytes: [UInt8], file: String) throws(LlamaError) -> ModelMetadata {
    let json: JSON
    do { json = try JSON.parse(bytes.span) } catch { throw invalid(file, "is not JSON: \(error)") }
    return try read(json, file: file)
  }

  private static func read(_ json: JSON, file: String) throws(LlamaError) -> ModelMetadata {
    guard let members = json.object else {
      throw invalid(file, "must be an object, not \(json.kind)")
    }
    var texts: [String: String] = [:]
    var contextLength: Int?
    for member in members {
      switch member.name {
      case "name", "path", "architecture", "parameters", "quantization", "description":
        guard let text = member.value.string else {
          throw invalid(file, "\"\(member.name)\" must be a string, not \(member.value.kind)")
        }
        texts[member.name] = text
      case "context_length":
        guard let length = member.value.integer, (1...Int(Int32.max)).contains(length) else {
          let found = member.value.number == nil ? member.value.kind : "\(member.value)"
          throw invalid(file, "\"context_length\" must be a whole number from 1 up, not \(found)")
        }
        contextLength = length
      default:
        throw invalid(
          file,
          "unknown field \"\(member.name)\"; known are name, path, architecture, parameters, "
            + "quantization, context_length and description")
      }
    }
    guard let name = texts["name"], !name.isEmpty else {
      throw invalid(file, "\"name\" is missing")
    }
    guard let path = texts["path"], !path.isEmpty else {
      throw invalid(file, "\"path\" is missing")
    }
    return ModelMetadata(
      name: name, path: path, architecture: texts["architecture"],
      parameters: texts["parameters"], quantization: texts["quantization"],
      contextLength: contextLength, description: texts["description"],
      modelPath: try find(path, namedBy: file))
  }

  private static func find(_ path: String, namedBy file: String) throws(LlamaError) -> String {
    if path.hasPrefix("/") {
      guard Files.kind(path) != nil else {
        throw LlamaError(.modelNotFound, "\(file) names \(path), which does not exist")
      }
      return path
    }
    let beside = Files.folder(of: file) + "/" + path
    if Files.kind(beside) != nil { return beside }
    if Files.kind(path) != nil { return path }
    throw LlamaError(
      .modelNotFound, "\(file) names \(path); there is neither \(beside) nor \(path)")
  }

  private static func invalid(_ file: String, _ message: String) -> LlamaError {
    LlamaError(.metadataInvalid, "\(file): \(message)")
  }
}
