import CLlama
import Synchronization

/// A token's number in a model's vocabulary.
public typealias Token = Int32

/// How a model is loaded.
public struct ModelOptions: Sendable, Equatable {
  /// Layers kept on a GPU where the build has one; negative for all of them.
  public var gpuLayers: Int
  /// Map the file, so that all processes of a machine share its pages, rather than read it.
  public var useMemoryMap: Bool
  /// Keep a private copy of the weights in the layout that the CPU computes fastest on.
  public var repackWeights: Bool
  /// LoRA adapters that every context over the model adds to its weights.
  public var adapters: [Adapter]

  /// Everything on the CPU, mapped and shared, without adapters, unless said otherwise.
  public init(
    gpuLayers: Int = 0, useMemoryMap: Bool = true, repackWeights: Bool = false,
    adapters: [Adapter] = []
  ) {
    self.gpuLayers = gpuLayers
    self.useMemoryMap = useMemoryMap
    self.repackWeights = repackWeights
    self.adapters = adapters
  }
}

/// A loaded model: weights, vocabulary and chat template. It never changes; contexts share it.
public final class Model: Sendable {
  let handle: ModelHandle
  /// The GGUF files of all parts.
  let files: [String]
  let adapters: [Adapter]
  let cachedFingerprint = Mutex<UInt64?>(nil)
  /// The `model.json` that led to the file, if one did.
  public let metadata: ModelMetadata?
  /// The GGUF file.
  public let path: String
  /// The GGUF file's size in bytes; of a model in parts, of all of them.
  public let fileSize: UInt64
  /// `model.json`'s name, else the GGUF's own, else the file's.
  public let name: String
  /// The architecture in llama.cpp's words, such as "llama" or "qwen2".
  public let architecture: String
  /// The weights' quantization, such as "Q4_K_M"; "unknown" for one that has no name here.
  public let quantization: String
  /// Tokens of prompt and answer that the model was trained for.
  public let trainedContextLength: Int
  /// Tokens of prompt and answer to use: `model.json`'s number where it is the smaller one.
  public let contextLength: Int
  /// Whether the model comes with a chat template of its own.
  public let hasChatTemplate: Bool
  /// Tokens in the vocabulary.
  public let vocabularySize: Int
  /// Length of a token's embedding.
  public let embeddingSize: Int
  /// Number of layers.
  public let layerCount: Int
  /// Number of weights.
  public let parameterCount: UInt64
  /// Bytes of all tensors.
  public let tensorSize: UInt64

  /// Loads a `.gguf` file, a `model.json`, or a folder that holds a `model.json`.
  ///
  /// The file's header is checked before llama.cpp sees it (`GGUFHeader.read`), and a `model.json`
  /// is compared with it (`ModelMetadata.compare`).
  ///
  /// - Throws: `model_not_found`, `metadata_invalid`, `model_not_gguf`, `model_truncated`,
  ///   `model_damaged`, `model_unsupported` with llama.cpp's own reason, `adapter_not_found` or
  ///   `adapter_invalid`.
  public init(path: String, options: ModelOptions = ModelOptions()) throws(LlamaError) {
    let file = try ModelFile(path: path)
    let handle = try ModelHandle(file: file, options: options)
    for adapter in options.adapters { try handle.add(adapter) }
    let facts = cllama_model_get_facts(handle.pointer)
    guard facts.generates, facts.trained_context > 0, facts.vocabulary > 0 else {
      throw LlamaError(.modelUnsupported, "\(file.path) is no model that generates text")
    }
    files = file.paths
    adapters = options.adapters
    metadata = file.metadata
    self.path = file.path
    fileSize = file.size
    name = file.metadata?.name ?? file.header.name ?? file.baseName
    architecture = file.header.architecture
    quantization = file.header.quantization ?? "unknown"
    trainedContextLength = Int(facts.trained_context)
    contextLength = min(file.metadata?.contextLength ?? .max, Int(facts.trained_context))
    hasChatTemplate = file.header.hasChatTemplate
    vocabularySize = Int(facts.vocabulary)
    embeddingSize = Int(facts.embedding)
    layerCount = Int(facts.layers)
    parameterCount = facts.parameters
    tensorSize = facts.tensor_bytes
    self.handle = handle
  }
}

/// llama.cpp's model. Nothing changes it after it was loaded, so threads may share it.
struct ModelHandle: ~Copyable, @unchecked Sendable {
  let pointer: OpaquePointer

  init(file: ModelFile, options: ModelOptions) throws(LlamaError) {
    var error = CText()
    let options = cllama_model_options(
      gpu_layers: Int32(clamping: options.gpuLayers), use_memory_map: options.useMemoryMap,
      repack_weights: options.repackWeights)
    guard let pointer = cllama_model_load(file.path, options, &error.raw) else {
      throw LlamaError(.modelUnsupported, "\(file.path): \(error.string)")
    }
    self.pointer = pointer
  }

  deinit { cllama_model_free(pointer) }
}
