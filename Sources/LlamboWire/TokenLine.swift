import LlamboJSON

/// All that a `TOKEN` line says, for a router that holds tokens back and chooses among them.
package struct TokenLine: Equatable, Sendable {
  package var index: Int
  package var token: Int32
  package var text: String
  /// `logprob` and `top_logprobs`; empty where they were not asked for.
  package var likelihood: [JSON.Member]
  /// Bytes that it takes, roughly.
  package let size: Int

  package init(index: Int, token: Int32, text: String, likelihood: [JSON.Member] = []) {
    self.index = index
    self.token = token
    self.text = text
    self.likelihood = likelihood
    size = text.utf8.count + 64
  }

  /// Reads the body of a `TOKEN` line; nil where it is none.
  package init?(body: Span<UInt8>) {
    guard let json = try? JSON.parse(body, maximumDepth: WireLimits().jsonDepth),
      let index = json["i"]?.integer, index >= 0,
      let token = json["id"]?.integer.flatMap({ Int32(exactly: $0) }),
      let text = json["text"]?.string
    else { return nil }
    self.index = index
    self.token = token
    self.text = text
    likelihood = (json.object ?? []).filter { !["i", "id", "text"].contains($0.name) }
    size = body.count + 64
  }

  /// The token's log-probability; nil where it was not asked for.
  package var logProbability: Double? {
    likelihood.first { $0.name == "logprob" }?.value.number
  }

  /// Whether it is the same token with the same text. Nodes may run models that number different
  /// texts alike.
  package func isSame(as other: TokenLine) -> Bool { token == other.token && text == other.text }
}

extension LineWriter {
  package mutating func token(_ line: TokenLine, id: String?) {
    guard !line.likelihood.isEmpty else {
      return token(index: line.index, token: line.token, text: line.text, id: id)
    }
    token(
      index: line.index, token: line.token, text: line.text, id: id, further: line.likelihood)
  }
}
