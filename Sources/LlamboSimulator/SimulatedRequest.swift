import LlamboCluster
import LlamboWire

/// A client's request, or a fusion's; its `RequestID` is one more than its place in the list.
struct SimulatedRequest: Sendable {
  let client: Int
  /// The only node type that it may run on, as a place in the settings' list; -1 for any.
  let type: Int
  let prompt: UInt32
  let seed: UInt32
  /// Tokens of its whole answer.
  let length: Int
  /// Processing it ends the process.
  let isPoison: Bool
  /// The fusion that it is a member of, and its number there.
  var fusion: Int?
  var member = 0
  /// As many tokens are those of another seed, which other members share.
  var commonLength = 0
  var commonSeed: UInt32 = 0

  /// A token of its undisturbed answer.
  func token(at index: Int) -> Int32 {
    SimulatedModel.token(
      prompt: prompt, seed: index < commonLength ? commonSeed : seed, index: index)
  }

  /// Its undisturbed answer.
  var text: String {
    (0..<length).map { SimulatedRequest.text(of: token(at: $0)) }.joined()
  }

  static func text(of token: Int32) -> String { "\(token) " }

  /// The mean log-probability of its answer, from 0 to -4; the same for the same answer.
  var likelihood: Double {
    let sum = (0..<length).reduce(length) { $0 + Int(token(at: $1)) }
    return -Double(sum & 0xff) / 64
  }
}
