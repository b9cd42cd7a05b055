import LlamboJSON
import LlamboWire
import Testing

@testable import LlamboCluster

struct MetricsTests {
  // MARK: Histograms

  @Test func everyBucketBeginsBehindTheOneBefore() {
    for bucket in 1..<Histogram.bucketCount {
      let before = Histogram.upperBound(of: bucket - 1)
      let bound = Histogram.upperBound(of: bucket)
      #expect(bound > before)
      #expect(Histogram.bucket(of: before) == bucket - 1)
      #expect(Histogram.bucket(of: before + 1) == bucket)
      #expect(Histogram.bucket(of: bound) == bucket)
    }
    #expect(Histogram.upperBound(of: Histogram.bucketCount - 1) == 1 << 32 - 1)
  }

  @Test func quantilesAreAtMostAnEighthTooHigh() {
    var histogram = Histogram()
    for value in 1...1000 { histogram.add(Int64(value)) }
    for share in [0.01, 0.5, 0.9, 0.99, 1] {
      let exact = Int((share * 1000).rounded())
      let told = histogram.quantile(share)!
      #expect(told >= exact && told <= exact + exact / 8 + 1, "\(share): \(told)")
    }
    #expect(Histogram().quantile(0.5) == nil)
    #expect(histogram.count == 1000 && histogram.sum == 500_500)
  }

  @Test func whatIsOutOfRangeCountsAsTheNearest() {
    var histogram = Histogram()
    histogram.add(-5)
    histogram.add(.max)
    #expect(histogram.quantile(0.5) == 0)
    #expect(histogram.quantile(1) == 1 << 32 - 1)
  }

  // MARK: The cluster's

  @Test func aRequestsTimesAreMeasured() {
    let stage = Stage()
    let link = stage.bringUp()[0]
    let first = stage.submit().request
    let second = stage.submit().request
    _ = stage.run(100)
    #expect(stage.token(first, from: link))
    _ = stage.run(10)
    #expect(stage.token(first, from: link))
    _ = stage.run(10)
    _ = stage.handle(.finished(first, link))
    _ = stage.run(50)
    #expect(stage.token(second, from: link))
    _ = stage.handle(.finished(second, link))
    let metrics = stage.cluster.metrics
    #expect(metrics.firstToken.count == 2 && metrics.firstToken.sum == 100 + 170)
    #expect(metrics.interToken.count == 1 && metrics.interToken.sum == 10)
    #expect(metrics.queueTime.sum == 120)
    #expect(metrics.latency.sum == 120 + 170)
  }

  @Test func theGapOfAFailoverIsPartOfTheTimeBetweenTokens() {
    let stage = Stage(nodes: 2)
    let links = stage.bringUp()
    let request = stage.submit().request
    #expect(stage.token(request, from: links[0]))
    _ = stage.run(40)
    _ = stage.handle(.linkClosed(links[0]))
    _ = stage.run(60)
    #expect(stage.token(request, from: links[1]))
    #expect(stage.cluster.metrics.interToken.sum == 100)
    #expect(stage.cluster.metrics.firstToken.count == 1)
  }

  @Test func failuresAreCountedByCodeWithinBounds() {
    let stage = Stage(nodes: 1) { $0.queueLimit = 0 }
    let link = stage.bringUp()[0]
    for number in 0..<200 {
      let request = stage.submit().request
      #expect(stage.submit().directives.failures == [.queueFull])
      _ = stage.handle(.failed(request, link, WireError(.init("code_\(number)"), "x")))
    }
    let failures = stage.cluster.metrics.failures
    #expect(failures["queue_full"] == 200 && failures["code_0"] == 1)
    #expect(failures.count <= 65 && failures["other"]! > 100)
    #expect(failures.values.reduce(0, +) == stage.cluster.counters.failed)
  }

  @Test func theExportHasTheNamesOfTheQuickReference() {
    let stage = Stage(nodes: 2) { $0.queueLimit = 1 }
    let link = stage.bringUp()[0]
    let request = stage.submit().request
    for _ in 0..<3 { _ = stage.submit() }
    _ = stage.run(10)
    #expect(stage.token(request, from: link))
    _ = stage.handle(.finished(request, link))
    let lines = stage.cluster.measured.prometheus.split(separator: "\n").map(String.init)
    for line in [
      "llambo_inference_latency_ms_count 1", "llambo_inference_latency_ms_sum 10",
      "llambo_inference_latency_ms_bucket{le=\"15\"} 1", "llambo_active_nodes 2",
      "llambo_inference_latency_ms_bucket{le=\"7\"} 0", "llambo_node_utilization_percent 100",
      "llambo_total_requests 4", "llambo_failed_requests 1", "llambo_nodes{state=\"healthy\"} 2",
      "llambo_failures_total{code=\"queue_full\"} 1", "llambo_queue_length 0",
      "llambo_failovers_total 0",
      "# TYPE llambo_token_throughput gauge", "# TYPE llambo_first_token_ms histogram",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    for line in lines where !line.hasPrefix("#") {
      #expect(Double(line.split(separator: " ").last!) != nil, "\(line)")
    }
    let json = stage.cluster.measured.json
    #expect(json["llambo_inference_latency_ms"]?["p50"]?.integer == 10)
    #expect(json["llambo_queue_time_ms"]?["count"]?.integer == 3)
    #expect(json["llambo_failures_total"]?["queue_full"]?.integer == 1)
    #expect(json["llambo_nodes"]?["healthy"]?.number == 2)
  }
}
