import LlamboJSON
import Testing

@testable import LlamboControl

/// What is shown on terminals of all sizes.
struct TerminalTests {
  @Test func aTableKeepsItsFirstColumnsOnANarrowTerminal() {
    let rows = [["NODE", "PID", "ADDRESS"], ["w-1", "12345", "127.0.0.1:41897"]]
    func table(_ width: Int?) -> String {
      Terminal.fittingTable(rows, rightAligned: [1], keeping: 1, width: width)
    }
    let whole = "NODE    PID  ADDRESS\nw-1   12345  127.0.0.1:41897\n"
    #expect(table(nil) == whole)
    #expect(table(28) == whole)
    #expect(table(27) == "NODE    PID\nw-1   12345\n")
    #expect(table(10) == "NODE\nw-1\n")
    #expect(table(1) == "NODE\nw-1\n")
  }

  @Test func meaningsAreBrokenBetweenWordsInTheirColumn() {
    let rows = [("/a", "one two three four five six"), ("/long", "seven")]
    #expect(
      Terminal.glossary(rows, width: 27)
        == "/a     one two three four\n       five six\n/long  seven\n")
    #expect(
      Terminal.glossary(rows, width: nil) == "/a     one two three four five six\n/long  seven\n")
  }

  private static let node: JSON = ["node": "worker-0001", "state": "healthy", "type": "tiny"]
  private static let status: JSON = [
    "cluster": "llambo", "listen": "127.0.0.1:9000", "strategy": "cognitive-affinity",
    "uptime": 20_000_000, "draining": true, "requests": ["retried": 7],
  ]
  private static let times: JSON = ["p50": 1234, "p99": 123_456]
  private static let metrics: JSON = [
    "llambo_inference_latency_ms": times, "llambo_first_token_ms": times,
    "llambo_inter_token_ms": times,
  ]

  private func screen(columns: Int, lines: Int) -> [String] {
    var view = TopView()
    view.take(
      .cluster(status: Self.status, nodes: [Self.node], metrics: Self.metrics), at: 0)
    return view.lines(columns: columns, lines: lines)
  }

  @Test(arguments: [(200, 50), (80, 24), (40, 12), (20, 5), (8, 2), (1, 1)])
  func topFitsAndKeepsItsKeys(_ columns: Int, _ lines: Int) throws {
    let screen = screen(columns: columns, lines: lines)
    #expect(screen.count <= lines)
    for line in screen { #expect(line.count <= columns) }
    let last = try #require(screen.last)
    #expect(last.hasPrefix(columns < 8 ? "" : columns == 8 ? "q quit" : "q quit   "))
    // What is cut has a mark.
    if columns < 50 { #expect(last.last == "…") }
  }

  @Test func topShowsAllItsNoticesInEightyColumns() {
    let screen = screen(columns: 80, lines: 24)
    #expect(screen[0].hasPrefix("Cluster llambo on 127.0.0.1:9000, shutting down, "))
    #expect(screen.contains { $0.hasSuffix(" 7 retried") })
    #expect(screen.contains { $0.hasSuffix("between p50 1,234 ms, p99 123,456 ms") })
  }
}
