/// Every bound of the line protocol, by name. Past one there is a typed `ERROR`.
public struct WireLimits: Sendable, Equatable {
  /// The longest line, in bytes without its newline.
  public var lineBytes = 1 << 20
  /// Arrays and objects within one another in a line's JSON.
  public var jsonDepth = 32
  /// Requests that one connection may have unanswered.
  public var requestsPerConnection = 256
  /// Connections that one port serves.
  public var connections = 4096
  /// Bytes that wait for a reader before its connection is closed.
  public var outputBytes = 8 << 20
  /// The most tokens that one request may ask for.
  public var maximumTokens = 1 << 20
  /// Characters of a request id.
  public static let idBytes = 64

  public init() {}
}
