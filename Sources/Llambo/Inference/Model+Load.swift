import LlamaRunner

extension Model {
  /// Loads a `.gguf` file, a `model.json`, or a folder that holds a `model.json`. It blocks while
  /// the file is read. The model frees itself when nobody holds it any more.
  ///
  /// - Throws: what `Model.init(path:options:)` throws, such as `model_not_found`.
  public static func load(
    _ path: String, options: ModelOptions = ModelOptions()
  ) throws(LlamboError) -> Model {
    do throws(LlamaError) {
      return try Model(path: path, options: options)
    } catch {
      throw LlamboError(error)
    }
  }
}
