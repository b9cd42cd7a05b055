import LlamboCluster
import LlamboWire

/// A line from a worker to its orchestrator.
enum UpLine {
  case hello(Hello)
  case pong
  case token(request: Int, index: Int, id: Int32)
  case done(request: Int, count: Int, isCancelled: Bool)
  case error(request: Int, WireError)
  /// The last thing of a connection: its end.
  case closed

  /// No connection repeats a line, yet a worker may. The shell takes one HELLO a link; a second
  /// error could not be told from the answer to the request's next attempt there.
  var mayComeTwice: Bool {
    switch self {
    case .pong, .token, .done: true
    case .hello, .error, .closed: false
    }
  }
}

/// A line from the orchestrator to a worker.
enum DownLine {
  case welcome(Welcome)
  case refusal(WireError)
  case ping
  case stop(grace: Milliseconds)
  /// `produced` is what the client has of the answer.
  case infer(request: Int, produced: [Int32])
  case cancel(request: Int)
  case closed
}

/// Lines on their way in one direction, in order, as a connection carries them.
struct Pipe<Line> {
  private var lines: [Line] = []
  private var head = 0
  /// No line arrives before the one in front of it.
  var lastDue: Milliseconds = 0

  var count: Int { lines.count - head }

  mutating func append(_ line: Line) { lines.append(line) }

  mutating func popFirst() -> Line? {
    guard head < lines.count else { return nil }
    let line = lines[head]
    head += 1
    if head == lines.count {
      lines.removeAll(keepingCapacity: true)
      head = 0
    }
    return line
  }

  /// Loses all but the first few lines.
  mutating func truncate(to kept: Int) { lines.removeLast(max(0, count - kept)) }
}

/// A worker's connection; its `LinkID` is one more than its place in the list.
struct Link {
  let worker: Int
  /// The orchestrator that it was dialled to.
  let orchestrator: Int
  var isOpenAbove = true
  var isOpenBelow = true
  var up = Pipe<UpLine>()
  var down = Pipe<DownLine>()
}
