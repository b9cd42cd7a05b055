import LlamboCommand
import LlamboJSON
import LlamboWire

extension Command {
  static let metrics = Command(
    definition: CommandDefinition(
      "metrics", "Show what the cluster measures, or export it.",
      options: [
        OptionDefinition(
          "--export", "-e", .choice("FORMAT", ["prometheus", "json"]),
          "Write all of it, for a program."), .json,
      ],
      examples: [
        CommandExample("llamboctl metrics", "Latency, throughput and counts."),
        CommandExample(
          "llamboctl metrics --export prometheus > metrics.txt", "The text that Prometheus reads."),
      ]),
    run: { (arguments) throws(ControlError) in
      let client = try ClusterAccess(arguments).connect()
      let format = arguments.text(ifGiven: "--export")
      if format == "prometheus" {
        let text = try client.ask(.metrics, ["format": "prometheus"])["text"]?.string
        print(text ?? "", terminator: "")
      } else {
        let metrics = try client.ask(.metrics)
        let isForProgram = format == "json" || arguments.flag("--json")
        print(isForProgram ? "\(metrics)" : metricsText(metrics))
      }
      return .ok
    })
}

private func metricsText(_ metrics: JSON) -> String {
  let members = metrics.object ?? []
  let histograms = members.filter { $0.value["count"] != nil && $0.value["p50"] != nil }
  let times = histograms.map { metric in
    [metric.name]
      + ["count", "p50", "p90", "p99"].map { name in
        metric.value[name]?.integer.map(Terminal.grouped) ?? "-"
      }
  }
  let others = members.filter { $0.value["p50"] == nil }.flatMap { metric -> [[String]] in
    guard let parts = metric.value.object else { return [[metric.name, amount(metric.value)]] }
    return parts.filter { $0.value.number != 0 }.map {
      ["\(metric.name) \(Terminal.harmless($0.name))", amount($0.value)]
    }
  }
  let head = ["MILLISECONDS", "COUNT", "P50", "P90", "P99"]
  return Terminal.table([head] + times, rightAligned: [1, 2, 3, 4]) + "\n"
    + String(Terminal.table(others, rightAligned: [1]).dropLast())
}

private func amount(_ value: JSON) -> String {
  if let whole = value.integer { return Terminal.grouped(whole) }
  let tenths = ((value.number ?? 0) * 10).rounded() / 10
  return tenths == tenths.rounded() ? Terminal.grouped(Int(tenths)) : "\(tenths)"
}
