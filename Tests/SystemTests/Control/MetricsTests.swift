import Foundation
import LlamboIO
import LlamboJSON
import LlamboWire
import Testing

extension SystemTests {
  /// What a cluster measures, as a verb, a page and a command.
  @Suite struct MetricsTests {
    let box: Sandbox

    init() throws { box = try Sandbox() }

    /// A cluster that has answered once and refused once, and the address of its metrics.
    private func cluster() throws -> (cluster: ClusterProgram, page: String) {
      var plan = ClusterPlan(nodes: 2)
      plan.metricsListen = "127.0.0.1:0"
      let cluster = try box.cluster(plan)
      let client = try Client(cluster.address)
      #expect(try client.answer(to: .infer("Hello", maxTokens: 5)).end?.kind == .done)
      #expect(try client.answer(to: .infer("", maxTokens: 5), id: "bad").end?.kind == .error)
      let line = try cluster.program.waitForLine("metrics on http://")
      let address = try #require(line.split(separator: "/").dropLast().last)
      return (cluster, String(address))
    }

    private func http(_ address: String, _ request: String) throws -> String {
      let socket = try RawSocket(address)
      socket.send(request)
      return try socket.receiveAll()
    }

    private func metrics(_ address: String) throws -> [String] {
      let answer = try http(address, "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n")
      let parts = answer.components(separatedBy: "\r\n\r\n")
      #expect(parts.count == 2 && parts[0].hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(parts[0].contains("\r\nContent-Length: \(parts[1].utf8.count)\r\n"))
      return parts[1].split(separator: "\n").map(String.init)
    }

    @Test func aScrapeFindsWhatHappened() throws {
      let (_, page) = try cluster()
      let lines = try metrics(page)
      for line in [
        "llambo_total_requests 2", "llambo_failed_requests 1", "llambo_active_nodes 2",
        "llambo_slots{type=\"tiny\"} 8", "llambo_inference_latency_ms_count 1",
        "llambo_failures_total{code=\"prompt_empty\"} 1",
      ] {
        #expect(lines.contains(line), "\(line)")
      }
    }

    @Test(arguments: [
      ("POST /metrics HTTP/1.1\r\n\r\n", "405"), ("GET /other HTTP/1.1\r\n\r\n", "404"),
      ("GET  HTTP/1.1\r\n\r\n", "404"), ("INFER {}\n\n", "400"), ("\n\n", "400"),
      ("GET /metrics HTTP/1.1\r\n" + String(repeating: "A: b\r\n", count: 200), "431"),
      ("GET /" + String(repeating: "x", count: 10_000) + " HTTP/1.1\r\n\r\n", "431"),
      ("GET /metrics?x=1 HTTP/1.0\n\n", "200"), ("HEAD /metrics HTTP/1.1\r\n\r\n", "200"),
    ])
    func anyRequestGetsItsStatus(_ request: String, _ status: String) throws {
      let (cluster, page) = try cluster()
      let answer = try http(page, request)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer.prefix(200))")
      if request.hasPrefix("HEAD") { #expect(answer.hasSuffix("\r\n\r\n")) }
      #expect(try cluster.status().nodes["healthy"] == 2)
    }

    @Test func theVerbTellsTheSameInBothFormats() throws {
      let (cluster, _) = try cluster()
      let client = try Client(cluster.address)
      let json = try client.ask("METRICS").body
      #expect(json["llambo_total_requests"]?.integer == 2)
      #expect(json["llambo_inference_latency_ms"]?["p99"]?.integer ?? -1 >= 0)
      let text = try client.ask(#"METRICS {"format":"prometheus"}"#).body["text"]?.string
      #expect(try #require(text).contains("\nllambo_total_requests 2\n"))
      #expect(try client.ask(#"METRICS {"format":"xml"}"#).body["code"] == "invalid_request")
      #expect(try client.ask(#"METRICS {"form":"json"}"#).body["code"] == "unknown_field")
    }

    @Test func theCommandShowsAndExports() throws {
      _ = try cluster()
      let shown = try box.llamboctl("metrics")
      #expect(shown.lines.first?.hasPrefix("MILLISECONDS") == true)
      #expect(shown.lines.contains { $0.hasPrefix("llambo_inference_latency_ms ") })
      #expect(shown.lines.contains { $0.hasPrefix("llambo_failures_total prompt_empty ") })
      let text = try box.llamboctl("metrics", "--export", "prometheus")
      #expect(text.lines.contains("llambo_total_requests 2"))
      let json = try box.llamboctl("metrics", "--export", "json").output
      #expect(try JSON.parse(Array(json.utf8).span)["llambo_failed_requests"] == 1)
      let wrong = try box.llamboctl("metrics", "--export", "jsno")
      #expect(wrong.end == .status(64) && wrong.errors.contains("did you mean \"json\""))
    }

    @Test(.enabled(if: Self.promtool != nil, "promtool is not here"))
    func promtoolReadsTheExport() throws {
      _ = try cluster()
      let file = box.path("metrics.txt")
      #expect(try box.shell("$llamboctl metrics --export prometheus > \(file)").succeeded)
      let tool = try #require(Self.promtool)
      let checked = try box.shell("\(tool) check metrics < \(file)")
      // 3: it was read, and there is advice.
      #expect(checked.end == .status(0) || checked.end == .status(3), "\(checked.errors)")
      let remarks = (checked.output + checked.errors).split(separator: "\n")
      for remark in remarks {
        let isOfTheReference = Self.referenceNames.contains { remark.hasPrefix($0 + " ") }
        #expect(isOfTheReference, "\(remark)")
      }
      try File.write("llambo_x{ 1\n", to: file)
      #expect(try box.shell("\(tool) check metrics < \(file)").end == .status(1))
    }

    private static let referenceNames = [
      "llambo_inference_latency_ms", "llambo_first_token_ms", "llambo_inter_token_ms",
      "llambo_queue_time_ms", "llambo_token_throughput", "llambo_node_utilization_percent",
      "llambo_active_nodes", "llambo_total_requests", "llambo_failed_requests",
    ]

    private static let promtool: String? = {
      let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
      let named = ProcessInfo.processInfo.environment["LLAMBO_PROMTOOL"]
      let places = path.split(separator: ":").map { "\($0)/promtool" }
      return ([named].compactMap { $0 } + places).first {
        FileManager.default.isExecutableFile(atPath: $0)
      }
    }()

    @Test func theDashboardAsksForMetricsThatThereAre() throws {
      let (_, page) = try cluster()
      let there = Set(
        try metrics(page).filter { $0.hasPrefix("# TYPE") }.map {
          String($0.split(separator: " ")[2])
        })
      let file = Programs.checkout + "/Docs/grafana-dashboard.json"
      let dashboard = try JSON.parse(Array(File.text(file).utf8).span)
      let panels = try #require(dashboard["panels"]?.array)
      var asked: Set<String> = []
      for query in panels.flatMap({ $0["targets"]?.array ?? [] }).compactMap({ $0["expr"]?.string })
      {
        let words = query.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        let names = words.filter { $0.hasPrefix("llambo_") }
        #expect(!names.isEmpty, "\(query)")
        asked.formUnion(
          names.map { name in
            ["_bucket", "_sum", "_count"].first { name.hasSuffix($0) }
              .map { String(name.dropLast($0.count)) } ?? name
          })
      }
      #expect(panels.count >= 8)
      #expect(asked.subtracting(there) == [])
    }

    @Test func theDocumentListsTheMetricsThatThereAre() throws {
      let (_, page) = try cluster()
      let there = try metrics(page).filter { $0.hasPrefix("# HELP ") }.map { line in
        let words = line.split(separator: " ", maxSplits: 3)
        return "| `\(words[2])` | \(words[3]) |"
      }
      let text = File.text(Programs.checkout + "/Docs/OPERATIONS.md")
      #expect(text.contains(there.joined(separator: "\n")))
    }

    @Test func logsShowsTheLastLines() throws {
      try box.write(ClusterPlan(nodes: 1))
      let none = try box.llamboctl("logs")
      #expect(none.end == .status(69) && none.errors.contains("there is no log"))
      #expect(try box.llamboctl("init").succeeded)
      let all = try box.llamboctl("logs")
      #expect(all.lines.contains { $0.contains("llambo-orchestrator: cluster system-test on") })
      #expect(try box.llamboctl("logs", "-n", "1").lines == [all.lines.last])
      #expect(try box.llamboctl("shutdown").succeeded)
    }

    @Test func topWithoutATerminalSaysWhatElseThereIs() throws {
      _ = try box.cluster(ClusterPlan(nodes: 1))
      let top = try box.llamboctl("top")
      #expect(top.end == .status(64) && top.errors.contains("llamboctl status --json"))
    }
  }
}
