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
  /// Those that drain or stop because they were told to.
  let leaving: Int
  /// Nodes that were lost since the orchestrator started.
  let lost: Int

  init(_ status: JSON) {
    total = status["nodes"]?["total"]?.integer ?? 0
    healthy = status["nodes"]?["healthy"]?.integer ?? 0
    leaving = ["draining", "stopping"].reduce(0) { $0 + (status["nodes"]?[$1]?.integer ?? 0) }
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
      progress.show(
        "Starting workers \(Progress.bar(counts.healthy, of: counts.total)) "
          + "\(counts.healthy) of \(counts.total)")
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

  /// Waits until these nodes are healthy.
  ///
  /// - Throws: where the time is over, where several of them were lost and none came up, or where
  ///   one is no longer there.
  static func untilHealthy(
    _ names: [String], _ client: LineClient, within timeout: Int64
  ) throws(ControlError) {
    let names = Set(names)
    var progress = Progress()
    defer { progress.clear() }
    var healthy = 0
    let done = try until(within: timeout) { () throws(ControlError) in
      let all = try client.ask(.nodes)["nodes"]?.array ?? []
      let own = all.filter { $0["node"]?.string.map(names.contains) ?? false }
      healthy = own.count { $0["state"]?.string == "healthy" }
      let lost = own.reduce(0) { $0 + ($1["restarts"]?.integer ?? 0) }
      progress.show(
        "Starting workers \(Progress.bar(healthy, of: names.count)) \(healthy) of \(names.count)")
      if own.count < names.count {
        throw ControlError("\(names.count - own.count) of the nodes left before they were healthy")
      }
      if healthy == 0, lost >= 5 {
        throw ControlError("the workers do not come up: \(lost) were lost already")
      }
      return healthy == names.count
    }
    guard done else {
      throw ControlError(
        "only \(healthy) of \(names.count) nodes are healthy after \(timeout / 1000) s")
    }
  }
}
