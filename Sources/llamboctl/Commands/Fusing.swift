import LlamboCommand
import LlamboWire

/// Options by which several nodes answer one request, and what is said of them under the answer.
enum Fusing {
  static let options = [
    OptionDefinition(
      "--fusion", nil, .choice("MODE", FusionMode.allCases.map(\.rawValue)),
      "Let several nodes answer at once, and make one answer of theirs."),
    OptionDefinition(
      "--nodes", nil, .integer("N", FusionRequest.sizes),
      "Nodes that answer; \(FusionRequest.usualSize) where only --fusion is given."),
    OptionDefinition(
      "--quorum", nil, .integer("Q", 1...FusionRequest.sizes.upperBound),
      "Nodes that must agree, for the mode quorum; more than half where it is left out."),
  ]

  /// What the options ask for; nil where one node is to answer.
  static func request(_ arguments: Arguments) throws(ControlError) -> FusionRequest? {
    let nodes = arguments.integer(ifGiven: "--nodes")
    let quorum = arguments.integer(ifGiven: "--quorum")
    guard let mode = arguments.text(ifGiven: "--fusion").flatMap({ FusionMode(rawValue: $0) })
    else {
      guard nodes == nil, quorum == nil else {
        throw ControlError("--nodes and --quorum need --fusion MODE", .usage)
      }
      return nil
    }
    let request = FusionRequest(mode, nodes: nodes ?? FusionRequest.usualSize, quorum: quorum)
    guard quorum == nil || mode == .quorum else {
      throw ControlError("--quorum is for --fusion quorum", .usage)
    }
    guard request.agreement <= request.nodes else {
      throw ControlError(
        "--quorum \(request.agreement) is more than the \(request.nodes) nodes that answer", .usage)
    }
    return request
  }

  /// One line: who agreed, and what the others did.
  static func summary(_ report: FusionReport) -> String {
    let asked = report.request.nodes
    var parts: [String] = []
    if let first = report.answers.first, report.winner != nil {
      var text = "\(first.votes) of \(asked) gave this answer"
      if report.request.mode == .quorum { text += ", \(report.request.agreement) had to" }
      if let weight = first.weight {
        let all = report.answers.reduce(0) { $0 + ($1.weight ?? 0) }
        text += ", by weight \(hundredths(weight)) of \(hundredths(all))"
      }
      parts.append("\(text) (\(first.nodes.joined(separator: ", ")))")
      let others = report.answered - first.votes
      if others > 0 { parts.append("\(others) gave \(others == 1 ? "another" : "others")") }
    }
    if report.failed > 0 { parts.append("\(report.failed) failed") }
    if report.cancelled > 0 { parts.append("\(report.cancelled) not needed") }
    return "\(report.request.mode.rawValue): \(parts.joined(separator: "; "))"
  }

  private static func hundredths(_ number: Double) -> String {
    let digits = String(Int((number * 100).rounded()))
    let padded = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    return "\(padded.dropLast(2)).\(padded.suffix(2))"
  }
}
