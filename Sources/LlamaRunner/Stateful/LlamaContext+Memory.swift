import CLlama

/// What a context's memory lets itself be told.
extension LlamaContext {
  /// Forgets the cells of those positions; false, and nothing changed, where the memory gives up
  /// whole sequences only.
  func remove(_ positions: Range<Int>, sequence: Int) -> Bool {
    cllama_sequence_remove(
      pointer, Int32(sequence), Int32(positions.lowerBound), Int32(positions.upperBound))
  }

  /// Leaves a sequence with its first `count` cells, or with those of another sequence where one
  /// is named; false, and the sequence is empty, where the memory cannot.
  func keep(_ count: Int, in sequence: Int, copiedFrom source: Int?) -> Bool {
    if let source, !cllama_sequence_copy(pointer, Int32(source), Int32(sequence)) {
      clear(sequence: sequence)
      return false
    }
    if remove(count..<Int(Int32.max), sequence: sequence) { return true }
    clear(sequence: sequence)
    return count == 0
  }

  /// Adds `delta` to those positions; false, and nothing changed, where the memory cannot.
  func shift(_ positions: Range<Int>, by delta: Int, sequence: Int) -> Bool {
    cllama_sequence_shift(
      pointer, Int32(sequence), Int32(positions.lowerBound), Int32(positions.upperBound),
      Int32(delta))
  }

  /// Whether the memory's cells can change their positions.
  var canShift: Bool { cllama_context_can_shift(pointer) }

  /// The position after a sequence's last cell.
  func end(sequence: Int) -> Int { Int(cllama_sequence_end(pointer, Int32(sequence))) }

  /// The logits after the batch's token at `index`: `count` of them, the vocabulary's size.
  func logits(at index: Int, count: Int) -> [Float] {
    guard let logits = cllama_logits(pointer, Int32(index)) else { return [] }
    return Array(UnsafeBufferPointer(start: logits, count: count))
  }
}
