import Synchronization

/// Several models by name, each loaded when it is first asked for. Any thread may call it; one
/// that asks while another loads waits.
public final class ModelSwitcher: Sendable {
  /// Where each model is.
  public let paths: [String: String]
  private let options: ModelOptions
  private let stateful: StatefulOptions
  private let runners = Mutex<[String: LlamaRunner]>([:])

  /// Notes where models are; loads none.
  public init(
    paths: [String: String], options: ModelOptions = ModelOptions(),
    stateful: StatefulOptions = StatefulOptions()
  ) {
    self.paths = paths
    self.options = options
    self.stateful = stateful
  }

  /// The model's runner, with a conversation of its own that lasts until `unload`.
  ///
  /// - Throws: `model_not_found` where no model has that name, and what loading and
  ///   `initStateful` throw.
  public func runner(_ name: String) throws(LlamaError) -> LlamaRunner {
    guard let path = paths[name] else {
      let known = paths.keys.sorted().joined(separator: ", ")
      throw LlamaError(.modelNotFound, "there is no model \"\(name)\"; there are: \(known)")
    }
    return try runners.withLock { (runners) throws(LlamaError) -> LlamaRunner in
      if let runner = runners[name] { return runner }
      let runner = try LlamaRunner(modelPath: path, options: options)
      try runner.initStateful(options: stateful)
      runners[name] = runner
      return runner
    }
  }

  /// The names of the models that are loaded, sorted.
  public var loaded: [String] { runners.withLock { $0.keys.sorted() } }

  /// Lets go of a model and its conversation; its memory is freed when nobody uses it any more.
  public func unload(_ name: String) { _ = runners.withLock { $0.removeValue(forKey: name) } }
}
