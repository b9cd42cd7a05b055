import LlamboCommand

let simulatorCommand = CommandDefinition(
  "llambo-sim",
  "Run the cluster's core through simulated trouble, and check that it keeps its promises.",
  options: [
    OptionDefinition(
      "--seeds", "-n", .integer("N", 1...1_000_000_000), "Runs, one for each seed.",
      default: "1000"),
    OptionDefinition(
      "--from", nil, .integer("S", 0...Int.max), "The first seed.", default: "1"),
    OptionDefinition(
      "--nodes", nil, .integer("N", 1...10_000),
      "Nodes of each cluster; without it each seed chooses, mostly few."),
    OptionDefinition("--jobs", "-j", .integer("N", 1...256), "Runs at once.", default: "1"),
    OptionDefinition("--seed", nil, .integer("S", 0...Int.max), "Only this seed."),
    OptionDefinition(
      "--log", nil, .flag, "Print every event, directive and fault of the one seed."),
    OptionDefinition("--svg", nil, .path("FILE"), "Draw the one seed as a timeline."),
    OptionDefinition("--json", nil, .flag, "Print one JSON object instead of tables."),
  ],
  exclusive: [["--seed", "--seeds"], ["--seed", "--from"], ["--log", "--json"]],
  examples: [
    CommandExample("llambo-sim", "A thousand runs of small clusters."),
    CommandExample("llambo-sim --seeds 5 --nodes 10000", "Five runs of large ones."),
    CommandExample("llambo-sim --seed 42 --svg run.svg", "One run, and a picture of it."),
  ])
