import LlamboWire

/// What happened outside.
package enum Event: Sendable {
  case started
  /// A process of that epoch runs.
  case launched(node: String, epoch: UInt64, pid: Int)
  case launchFailed(node: String, epoch: UInt64, reason: String)
  /// - Parameter wasKilled: whether somebody ended it from outside, so that no request is to blame.
  case processEnded(node: String, epoch: UInt64, reason: String, wasKilled: Bool = false)
  case hello(LinkID, Hello)
  case linkClosed(LinkID)
  /// A sign of life.
  case heard(LinkID)

  case submitted(RequestID, Submission = Submission())
  /// The worker's answer to a request ended well.
  case finished(RequestID, LinkID)
  /// The worker answered with an error.
  case failed(RequestID, LinkID, WireError)
  /// The client wants no more of it, or is gone.
  case cancelled(RequestID)

  /// Time passed.
  case tick
  /// Give a node nothing new; what runs there may finish within that many milliseconds, then it
  /// moves to other nodes and the node stops. With `replace` a new process takes its place.
  case drain(node: String, grace: Milliseconds, replace: Bool = false)
  /// End a node at once; what runs there moves to other nodes, and nothing takes its place.
  case stop(node: String)
  /// Choose nodes another way from now on.
  case useStrategy(Strategy)
  /// Take nothing new, and give what runs that many milliseconds to finish.
  case shutdown(grace: Milliseconds)
}

/// What the shell is to do. Directives are performed in order.
package enum Directive: Equatable, Sendable {
  case launch(node: String, type: String, epoch: UInt64)
  case kill(node: String, pid: Int)
  case welcome(LinkID, Welcome)
  /// Say why and close.
  case refuse(LinkID, WireError)
  case closeLink(LinkID)
  case ping(LinkID)
  /// Tell the worker to drain for at most that many milliseconds, and end. What it serves moves
  /// to other nodes after `move`; nil where it does not.
  case stopNode(LinkID, grace: Milliseconds, move: Milliseconds? = nil)

  /// Send the request's line to the worker, with the cluster's `seed(of:)` where the client named
  /// none, and with its `journal(of:)` as `produced` where that is not empty.
  case send(RequestID, LinkID)
  /// Send `CANCEL` for the request to the worker.
  case cancel(RequestID, LinkID)
  /// Answer the client with an error; the request is over.
  case fail(RequestID, WireError)
  /// Answer the client that its request was cancelled while no worker had it; the request is over.
  case endCancelled(RequestID)

  /// Something that the operator wants to read about.
  case note(String)
  /// The list of nodes changed.
  case persist
  /// After `shutdown`: no process and no request is left.
  case stopped
}
