import LlamaRunner

/// What a session has answered so far.
struct Statistics {
  private var answers = 0
  private var tokens = 0
  private var time = Duration.zero
  private var lastSpeed: Double?

  mutating func add(_ generation: Generation, took duration: Duration) {
    answers += 1
    tokens += generation.tokens.count
    time += duration
    lastSpeed = duration > .zero ? Double(generation.tokens.count) / (duration / .seconds(1)) : nil
  }

  func report(_ runner: LlamaRunner) -> String {
    let model = runner.model
    var rows = [
      ("model", "\(model.name), \(model.architecture) \(model.quantization)"),
      ("weights", "\(model.parameterCount) in \(model.tensorSize) bytes"),
    ]
    if let info = try? runner.contextInfo() {
      let percent = fixed(info.usagePercent, 1)
      rows.append(
        ("context", "\(info.usedTokens) of \(info.totalCapacity) tokens, \(percent) %"))
    }
    let seconds = fixed(time / .seconds(1), 2)
    rows.append(("answers", "\(answers), \(tokens) tokens in \(seconds) s"))
    if let lastSpeed { rows.append(("speed", "\(fixed(lastSpeed, 1)) tokens a second, last")) }
    return rows.map { $0.0 + String(repeating: " ", count: 9 - $0.0.count) + $0.1 + "\n" }
      .joined()
  }
}

/// A number with so many decimals.
func fixed(_ value: Double, _ decimals: Int) -> String {
  var scale = 1
  for _ in 0..<decimals { scale *= 10 }
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  let scaled = Int((abs(value) * Double(scale)).rounded())
  let fraction = String(scaled % scale)
  let zeros = String(repeating: "0", count: max(0, decimals - fraction.count))
  let sign = value < 0 && scaled > 0 ? "-" : ""
  return "\(sign)\(scaled / scale)" + (decimals > 0 ? ".\(zeros)\(fraction)" : "")
}
