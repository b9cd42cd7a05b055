/// What went wrong with a model, a prompt or a generation.
public struct LlamaError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of an error; compare it with the static members.
  public struct Code: Hashable, Sendable {
    /// The code on the wire, in snake case.
    public let name: String

    /// The named file or folder does not exist or cannot be read.
    public static let modelNotFound = Code(name: "model_not_found")
    /// The file is no GGUF file.
    public static let modelNotGGUF = Code(name: "model_not_gguf")
    /// The GGUF file ends before what its header describes does.
    public static let modelTruncated = Code(name: "model_truncated")
    /// The GGUF file's header contradicts itself or the format.
    public static let modelDamaged = Code(name: "model_damaged")
    /// llama.cpp does not load the file, or the model generates no text.
    public static let modelUnsupported = Code(name: "model_unsupported")
    /// `model.json` is not what it should be.
    public static let metadataInvalid = Code(name: "metadata_invalid")
    /// llama.cpp makes no context, most often for want of memory.
    public static let contextFailed = Code(name: "context_failed")
    /// The prompt has no token.
    public static let promptEmpty = Code(name: "prompt_empty")
    /// The prompt fills the context or more.
    public static let promptTooLong = Code(name: "prompt_too_long")
    /// There is no conversation yet.
    public static let notInitialized = Code(name: "not_initialized")
    /// The conversation leaves no room for what comes next.
    public static let contextFull = Code(name: "context_full")
    /// The named adapter does not exist or cannot be read.
    public static let adapterNotFound = Code(name: "adapter_not_found")
    /// The file is no LoRA adapter for the model.
    public static let adapterInvalid = Code(name: "adapter_invalid")
    /// The model computes no embedding of the text.
    public static let embeddingFailed = Code(name: "embedding_failed")
    /// The model's chat template does not take these messages, does not end, or crashes.
    public static let templateFailed = Code(name: "template_failed")
    /// A JSON schema has no grammar.
    public static let grammarFailed = Code(name: "grammar_failed")
    /// A parameter is out of its range.
    public static let invalidParameter = Code(name: "invalid_parameter")
    /// A saved state is damaged, or of another model or kind of context.
    public static let stateInvalid = Code(name: "state_invalid")
    /// llama.cpp failed to compute a batch.
    public static let decodeFailed = Code(name: "decode_failed")
    /// All slots are taken and the queue is full.
    public static let queueFull = Code(name: "queue_full")
    /// The engine was stopped.
    public static let engineStopped = Code(name: "engine_stopped")
  }

  /// The kind of error.
  public let code: Code
  /// What a person can act on: the name, the number, llama.cpp's own reason.
  public let message: String

  /// An error of that kind.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The code and the message.
  public var description: String { "\(code.name): \(message)" }
}
