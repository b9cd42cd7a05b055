import LlamboCommand
import LlamboSimulator

let arguments = Program.parse(simulatorCommand).arguments
let nodes = arguments.integer(ifGiven: "--nodes")
let single = arguments.integer(ifGiven: "--seed")
if single == nil, arguments.flag("--log") || arguments.wasGiven("--svg") {
  Program.fail(
    "llambo-sim", "--log and --svg show one run: name it with --seed S", .usage)
}
let clock = ContinuousClock()
let started = clock.now
let batch: Batch
if let single {
  batch = run(
    seed: UInt64(single), nodes: nodes, showsLog: arguments.flag("--log"),
    drawingTo: arguments.text(ifGiven: "--svg"))
} else {
  let first = UInt64(arguments.integer("--from"))
  batch = await run(
    seeds: first..<first + UInt64(arguments.integer("--seeds")), nodes: nodes,
    jobs: arguments.integer("--jobs"))
}
let elapsed = clock.now - started
let seconds =
  Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
if arguments.flag("--json") {
  print(batch.json(seconds: seconds))
} else {
  print(batch.report(seconds: seconds))
  for (place, failure) in batch.failures.prefix(10).enumerated() {
    print("")
    print(failure.report(lines: place == 0 ? 40 : 0, fixesNodes: nodes != nil))
  }
}
Program.end(batch.failures.isEmpty ? .ok : .failure)
