import LlamboIO
import LlamboJSON
import LlamboWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How the nodes stand, of a STATUS answer.
struct NodeCounts {
  let total: Int
  let healthy: Int
  /// Nodes that were lost since the orchestrator started.
  let lost: Int

  init(_ status: JSON) {
    total = status["nodes"]?["total"]?.integer ?? 0
    healthy = status["nodes"]?["healthy"]?.integer ?? 0
    lost = status["nodes_lost"]?.integer ?? 0
  }
}

enum Waiting {
  /// Milliseconds from one look to the next.
  static let interval: Int64 = 50

  /// Looks again and again until `isDone` or the time is over.
  ///
  /// - Returns: whether it came to be.
  static func until(
    within timeout: Int64, _ isDone: () throws(ControlError) -> Bool
  ) throws(ControlError) -> Bool {
    let deadline = EventLoop.clock() + timeout
    while true {
      if try isDone() { return true }
      guard EventLoop.clock() < deadline else { return false }
      poll(nil, 0, Int32(interval))
    }
  }

  /// Waits until all nodes are healthy.
  ///
  /// - Throws: where the time is over, or where no node comes up and several were lost.
  static func untilHealthy(
    _ client: LineClient, within timeout: Int64
  ) throws(ControlError) -> NodeCounts {
    var progress = Progress()
    defer { progress.clear() }
    var counts = NodeCounts(.null)
    let done = try until(within: timeout) { () throws(ControlError) in
      counts = NodeCounts(try client.ask(.status))
      progress.show("Starting workers: \(counts.healthy) of \(counts.total)")
      if counts.healthy == 0, counts.lost >= 5 {
        throw ControlError("the workers do not come up: \(counts.lost) were lost already")
      }
      return counts.healthy == counts.total
    }
    guard done else {
      throw ControlError(
        "only \(counts.healthy) of \(counts.total) nodes are healthy after \(timeout / 1000) s")
    }
    return counts
  }
}
