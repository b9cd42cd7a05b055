import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

/// Many answers at once that go on to a given length, and what became of them.
final class Streams {
  private let client: Client
  private let ids: [String]

  /// Starts them, with lengths from half of `tokens` to all of it, so that they do not end as one.
  init(_ address: String, count: Int, tokens: Int) throws {
    client = try Client(address)
    ids = (0..<count).map { "s\($0)" }
    for (place, id) in ids.enumerated() {
      var request = GenerationRequest.infer(
        "Stream \(place) asks:", maxTokens: tokens - place * 7919 % (tokens / 2))
      request.ignoreEOS = true
      request.temperature = 0.8
      request.seed = UInt32(place)
      try client.send(request, id: id)
    }
  }

  /// Until each has a token.
  func waitForTokens() throws { for id in ids { try client.waitForTokens(of: id) } }

  /// Until one of them has so many.
  func waitForTokens(_ count: Int, of place: Int) throws {
    try client.waitForTokens(count, of: ids[place])
  }

  /// Waits for all ends, and expects each answer to be whole: no error, no token lost, repeated or
  /// changed.
  func expectWhole(_ sourceLocation: SourceLocation = #_sourceLocation) throws {
    for answer in try client.finishAll() {
      #expect(
        answer.finishReason == "length", "\(answer.end as Any)", sourceLocation: sourceLocation)
      #expect(answer.isContiguous, sourceLocation: sourceLocation)
      #expect(answer.text == answer.joinedText, sourceLocation: sourceLocation)
      #expect(answer.tokenCount == answer.tokens.count, sourceLocation: sourceLocation)
    }
    // A second last line of any would come before this answer, and throw.
    #expect(try client.ask("PING").kind == .pong, sourceLocation: sourceLocation)
  }
}
