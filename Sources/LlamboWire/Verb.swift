/// What a request line asks for.
package enum Verb: String, CaseIterable, Sendable {
  /// Continue a raw prompt.
  case infer = "INFER"
  /// Answer messages through the model's own chat template.
  case chat = "CHAT"
  case tokenize = "TOKENIZE"
  case ping = "PING"
  case status = "STATUS"
  case cancel = "CANCEL"
  /// Take nothing new, finish what runs, then stop; of an orchestrator also one node alone.
  case drain = "DRAIN"
  /// Drain, but for no longer than a grace period.
  case shutdown = "SHUTDOWN"
  /// A worker introduces itself to an orchestrator.
  case hello = "HELLO"
  /// The orchestrator starts more workers of one type.
  case spawn = "SPAWN"
  /// The orchestrator lists its nodes.
  case nodes = "NODES"
  /// The orchestrator tells what it measures.
  case metrics = "METRICS"
  /// The orchestrator ends one node at once.
  case stop = "STOP"
  /// The orchestrator tells how requests are spread, and changes the strategy.
  case balancer = "BALANCER"
  /// The orchestrator sets how many nodes of a type there are.
  case scale = "SCALE"
  /// The orchestrator reads its configuration anew.
  case reload = "RELOAD"
}

/// What an answer line says.
package enum Kind: String, CaseIterable, Sendable {
  case token = "TOKEN"
  case done = "DONE"
  case error = "ERROR"
  case tokens = "TOKENS"
  case pong = "PONG"
  case status = "STATUS"
  case nodes = "NODES"
  case metrics = "METRICS"
  case balancer = "BALANCER"
  case welcome = "WELCOME"
  case ok = "OK"
}
