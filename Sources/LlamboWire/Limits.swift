/// Every bound of the line protocol, by name. Past one there is a typed `ERROR`.
package struct WireLimits: Sendable, Equatable {
  /// The longest line, in bytes without its newline.
  package var lineBytes = 1 << 20
  /// Arrays and objects within one another in a line's JSON.
  package var jsonDepth = 32
  /// Requests that one connection may have unanswered.
  package var requestsPerConnection = 256
  /// Connections that one port serves.
  package var connections = 4096
  /// Bytes that wait for a reader before its connection is closed.
  package var outputBytes = 8 << 20
  /// The most tokens that one request may ask for.
  package var maximumTokens = 1 << 20
  /// Characters of a request id.
  package static let idBytes = 64

  package init() {}

  /// Bytes that one token id takes in a line's array, its comma included.
  package static let tokenBytes = 12
  /// Bytes that a router adds to a line besides: an id, and the names of the fields it adds.
  private static let addedBytes = idBytes + 64

  /// For a worker's link: a line of a client, as long as may be, comes there under a router's
  /// number, where it may have had no id at all, and with all tokens that its client has seen.
  package var ofLink: WireLimits {
    var limits = self
    limits.lineBytes += WireLimits.addedBytes + maximumTokens * WireLimits.tokenBytes
    return limits
  }
}
