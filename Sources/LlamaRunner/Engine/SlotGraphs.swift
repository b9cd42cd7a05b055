/// How slots share graphs.
///
/// llama.cpp computes one token for each of several slots in one graph where their numbers follow
/// one another, and needs a graph for each run of them (`llama_batch_allocr::split_equal`, which a
/// stream of cells for each sequence asks for). A further graph reads all weights once more. So the
/// idle slots of a short gap are computed along with their neighbours, and requests go where few
/// gaps come to be.
enum SlotGraphs {
  /// Rows of a graph that cost no more than a further graph: of the models that were measured the
  /// smallest has 2, larger ones more (`Benchmarks/README.md`).
  static let gapMax = 2

  /// What a decode costs with a token for each busy slot and each gap that is computed along, in
  /// rows.
  static func cost(busy: (Int) -> Bool, count: Int) -> Int {
    var rows = 0
    var last: Int?
    for slot in 0..<count where busy(slot) {
      let gap = last.map { slot - $0 - 1 }
      rows += 1 + (gap.map { min($0, gapMax) } ?? gapMax)
      last = slot
    }
    return rows
  }
}
