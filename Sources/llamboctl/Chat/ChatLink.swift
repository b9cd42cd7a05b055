import LlamboCommand
import LlamboIO
import LlamboJSON
import LlamboTerminal
import LlamboWire

/// A conversation's way to the cluster: one connection, dialled anew when it breaks.
struct ChatLink {
  /// Milliseconds that an orchestrator may take to come back; its workers wait about as long.
  static let patience: Int64 = 40_000

  private let access: ClusterAccess
  private var client: LineClient?
  /// Tokens of prompt and answer that any of the cluster's slots holds; nil where it does not tell.
  private(set) var contextSize: Int?
  private var requests = 0

  init(_ access: ClusterAccess) { self.access = access }

  mutating func connected() throws(ControlError) -> LineClient {
    if let client { return client }
    let client = try access.connect()
    contextSize = try client.ask(.status)["context_size"]?.integer
    self.client = client
    return client
  }

  /// Leaves the connection, with all that is still to come on it.
  mutating func drop() { client = nil }

  /// Waits until an orchestrator answers again.
  ///
  /// - Throws: where the time is over, or Ctrl-C was pressed.
  mutating func reconnect() throws(ControlError) {
    drop()
    var failure: ControlError?
    let isBack = try Waiting.until(within: Self.patience) { () throws(ControlError) in
      guard !Interrupt.isWanted else {
        throw ControlError("gave up waiting for the orchestrator", .unavailable)
      }
      do throws(ControlError) {
        _ = try connected()
        return true
      } catch {
        failure = error
        return false
      }
    }
    guard isBack else {
      throw failure ?? ControlError("the orchestrator did not come back", .unavailable)
    }
  }

  /// The tokens of the prompt that the model's template makes of messages; nil where the cluster
  /// cannot tell, or they are more than one line holds.
  mutating func tokens(of messages: [Conversation.Message]) throws -> Int? {
    let body = TokenizeRequest.messages(messages).body
    guard "\(body)".utf8.count < WireLimits().lineBytes - 64 else { return .max / 2 }
    do {
      let line = try connected().exchange(.tokenize, id: nextID(), body)
      return line.body["count"]?.integer
    } catch is WireError {
      return nil
    }
  }

  /// Asks, and hands over the answer's text as it comes.
  mutating func stream(
    _ request: GenerationRequest, show: (String) -> Bool
  ) throws -> Completion {
    try Completion(body: connected().stream(request, id: nextID(), show: show).body)
  }

  private mutating func nextID() -> String {
    requests += 1
    return String(requests)
  }
}
