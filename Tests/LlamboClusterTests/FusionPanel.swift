import LlamboJSON
import LlamboWire

@testable import LlamboCluster

/// Members of a fusion, and what its client has had.
final class Panel {
  var fusion: Fusion
  private(set) var actions: [Fusion.Action] = []
  private var counts: [Int]
  private var texts: [String]

  init(_ mode: FusionMode, _ nodes: Int = 3, quorum: Int? = nil) {
    fusion = Fusion(FusionRequest(mode, nodes: nodes, quorum: quorum))
    counts = Array(repeating: 0, count: nodes)
    texts = Array(repeating: "", count: nodes)
  }

  /// A member says words, a token each; the token's id is its first byte.
  func say(_ member: Int, _ words: String..., likelihood: Double? = nil) {
    for word in words {
      let id = word.utf8.first.map { Int32($0) } ?? 0
      let told = likelihood.map { [JSON.Member("logprob", .number($0))] }
      let line = TokenLine(
        index: counts[member], token: id, text: word, likelihood: told ?? [])
      fusion.token(line, of: member, into: &actions)
      counts[member] += 1
      texts[member] += word
    }
  }

  /// A member's answer is whole.
  func end(
    _ member: Int, _ likelihood: Double? = -1, _ reason: Completion.FinishReason = .stop
  ) {
    fusion.finished(
      Completion(
        text: texts[member], tokenCount: counts[member], promptTokens: 1, completionTime: 1,
        firstTokenTime: 1, finishReason: reason, meanLogProbability: likelihood,
        node: "node-\(member)"), member: member, into: &actions)
  }

  func answer(_ member: Int, _ word: String, _ likelihood: Double? = -1) {
    say(member, word)
    end(member, likelihood)
  }

  func fail(_ member: Int, _ code: WireError.Code = .nodeLost) {
    fusion.failed(WireError(code, "it broke"), member: member, into: &actions)
  }

  func cancel() { fusion.cancel(into: &actions) }

  private var lines: [TokenLine] {
    actions.compactMap { if case .show(let line) = $0 { line } else { nil } }
  }
  var shown: [String] { lines.map(\.text) }
  var indices: [Int] { lines.map(\.index) }
  var cancelled: [Int] {
    actions.compactMap { if case .cancel(let member) = $0 { member } else { nil } }
  }
  var result: Completion? {
    for case .finish(let answer) in actions { return answer }
    return nil
  }
  var error: WireError? {
    for case .fail(let error) in actions { return error }
    return nil
  }
  var isOpen: Bool { result == nil && error == nil }
  /// Shown in order, once, and no more than the answer; nothing comes after the end.
  var isSound: Bool {
    let ends = actions.count {
      switch $0 {
      case .finish, .fail: true
      default: false
      }
    }
    let endsLast =
      switch actions.last {
      case .finish, .fail: ends == 1
      default: ends == 0
      }
    return endsLast && indices == Array(indices.indices) && Set(cancelled).count == cancelled.count
      && (result == nil || result!.text == shown.joined())
  }
}
