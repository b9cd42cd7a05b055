import LlamboJSON
import LlamboSimulator

extension Batch {
  package func json(seconds: Double) -> JSON {
    let failures = failures.map { outcome -> JSON in
      [
        "seed": .integer(Int64(bitPattern: outcome.seed)), "nodes": .integer(Int64(outcome.nodes)),
        "violations": .array(outcome.violations.map { .string($0.description) }),
      ]
    }
    return [
      "seeds": .integer(Int64(runs)),
      "seconds": .number(seconds),
      "seeds_per_second": .number(seconds > 0 ? Double(runs) / seconds : 0),
      "happenings": .integer(Int64(happenings)),
      "virtual_ms": .integer(virtualTime),
      "longest_settling_ms": .integer(longestSettling),
      "hash": .string(String(hash, radix: 16)),
      "requests": [
        "submitted": .integer(Int64(submissions)), "finished": .integer(Int64(finished)),
        "failed": .integer(Int64(failed)), "cancelled": .integer(Int64(cancelled)),
        "cut_off": .integer(Int64(cutOff)),
      ],
      "fusions": [
        "submitted": .integer(Int64(fusions)), "finished": .integer(Int64(fusionsAnswered)),
      ],
      "tokens": .integer(Int64(tokens)),
      "resent": .integer(Int64(retried)),
      "nodes_lost": .integer(Int64(nodesLost)),
      "faults": .object(
        Fault.allCases.map { .init($0.name, .integer(Int64(faults[$0]))) }),
      "failures": .array(failures),
    ]
  }
}
