/// A client's request; its `RequestID` is one more than its place in the list.
struct SimulatedRequest {
  let client: Int
  /// The only node type that it may run on, as a place in the settings' list; -1 for any.
  let type: Int
  let prompt: UInt32
  let seed: UInt32
  /// Tokens of its whole answer.
  let length: Int
  /// Processing it ends the process.
  let isPoison: Bool
}
