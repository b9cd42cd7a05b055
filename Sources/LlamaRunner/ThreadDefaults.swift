import CLlama

/// CPU threads where nobody says how many: the llama_runner manual's shares of the cores that
/// this process may run on. They are where to start from; measure on your machine.
public enum ThreadDefaults {
  /// For single tokens: half of the cores, at least 1. Two hardware threads of one core compete
  /// for the same arithmetic.
  public static var generation: Int { share(of: cores, 2) }

  /// For prompts: a quarter of the cores, at least 1, so that they leave room for other work.
  public static var prompt: Int { share(of: cores, 4) }

  /// Cores that this process may run on, as its affinity says, at least 1.
  public static var cores: Int { max(1, Int(cllama_cores())) }

  static func share(of cores: Int, _ part: Int) -> Int {
    min(max(1, cores / part), threadRange.upperBound)
  }
}
