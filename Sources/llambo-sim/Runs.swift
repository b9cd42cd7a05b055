import LlamboCommand
import LlamboSimulator

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One seed after the other, some at once. Each is a run of its own, so their order does not matter.
func run(seeds: Range<UInt64>, nodes: Int?, jobs: Int) async -> Batch {
  await withTaskGroup(of: Batch.self) { group in
    for job in 0..<min(jobs, seeds.count) {
      group.addTask {
        var batch = Batch()
        for seed in stride(from: seeds.lowerBound + UInt64(job), to: seeds.upperBound, by: jobs) {
          var simulation = Simulation(Scenario(seed: seed, nodes: nodes))
          batch.add(simulation.run())
        }
        return batch
      }
    }
    var sum = Batch()
    for await batch in group { sum.add(batch) }
    return sum
  }
}

/// One run, shown as it is asked for.
func run(seed: UInt64, nodes: Int?, showsLog: Bool, drawingTo path: String?) -> Batch {
  var simulation = Simulation(
    Scenario(seed: seed, nodes: nodes), keepsLog: showsLog, drawsTimeline: path != nil)
  let outcome = simulation.run()
  if showsLog {
    for line in outcome.log { print(line) }
    print("")
  }
  if let path, let timeline = simulation.timeline {
    write(timeline.svg(title: "llambo-sim: seed \(seed), \(outcome.nodes) nodes"), to: path)
  }
  var batch = Batch()
  batch.add(outcome)
  return batch
}

private func write(_ text: String, to path: String) {
  guard let file = fopen(path, "w") else {
    Program.fail("llambo-sim", "\(path): \(String(cString: strerror(errno)))", .osError)
  }
  let written = fputs(text, file)
  if fclose(file) != 0 || written < 0 {
    Program.fail("llambo-sim", "\(path) could not be written", .osError)
  }
}
